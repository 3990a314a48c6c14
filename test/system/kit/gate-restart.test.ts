import { GATES } from '../../support/gate/gates.ts';
import { describeRestarts } from '../../support/kit/gate-restart-suite.ts';

// Some ten requests a second of each client: the load is on, and leaves the machine time for the restart.
for (const { name } of GATES) describeRestarts(name, { pauseMs: 200, restarts: 1 });
