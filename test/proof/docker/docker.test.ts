// What needs a Docker engine and is no deploy. `deploy.test.ts` may run at the same time: both share the engine.
import './contents.suite.ts';
import './engine.suite.ts';
import './refusals.suite.ts';
import './lifecycle.suite.ts';
import { endEngine } from '../../support/docker/engine.ts';

after(endEngine);
