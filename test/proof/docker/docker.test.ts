// One file for all that needs a Docker engine: test files run beside each other, and there is one engine.
import './contents.suite.ts';
import './engine.suite.ts';
import './refusals.suite.ts';
import './lifecycle.suite.ts';
import './deploy.suite.ts';
