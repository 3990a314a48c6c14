/** Names a run of the kit in the environment of all its processes: what a killed kit leaves behind is found by it. */
export const RUN_VARIABLE = 'GATEHOUSE_RUN';

/** Names one run of one service in the environment of all its processes. */
export const SPAWN_VARIABLE = 'GATEHOUSE_SPAWN';
