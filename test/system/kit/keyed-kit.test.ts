// One file for all tests that share the kit with keys: mocha gives files to its workers, and each worker would start a
// kit. To run one suite by itself: mocha test/system/kit/keys.suite.ts
import { endSharedKits } from '../../support/kit/shared-kit.ts';
import '../operate/smoke/smoke.suite.ts';
import './keys.suite.ts';

after(endSharedKits);
