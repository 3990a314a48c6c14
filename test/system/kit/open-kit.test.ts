// One file for all tests that share the open kit: mocha gives files to its workers, and each worker would start a kit.
// To run one suite by itself: mocha test/system/kit/reach.suite.ts
import { endSharedKits } from '../../support/kit/shared-kit.ts';
import './linking.suite.ts';
import './phone-page.suite.ts';
import './send-and-receive.suite.ts';
import './reach.suite.ts';
import './slow-chats.suite.ts';

after(endSharedKits);
