import { describeEveryExchange } from '../../../support/gate/responses/every-exchange.ts';

/** `make proof` plays more of them (test/proof/gate/hostile/every-exchange-ends.test.ts). */
describeEveryExchange(400);
