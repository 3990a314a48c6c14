import { GATES } from '../../support/gate/gates.ts';
import { describeRestarts } from '../../support/kit/gate-restart-suite.ts';

// As much as the machine can do: the system tier restarts the api once, under less load.
for (const { name } of GATES) describeRestarts(name, { pauseMs: 20, restarts: 5 });
