import { describeEveryExchange } from '../../../support/gate/responses/every-exchange.ts';

describeEveryExchange(1_500);
