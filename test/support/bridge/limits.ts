import type { BridgeLimits } from '../../../services/bridge/limits.ts';

/** Limits for tests that are not about limits. */
export const LIMITS: BridgeLimits = {
  initMs: 20_000,
  readyMs: 10_000,
  callMs: 2_000,
  sendMs: 3_000,
  uploadMs: 10_000,
  ackWaitMs: 1_000,
  destroyMs: 2_000,
  ackTimeoutMs: 60_000,
  probeMs: 500,
};

/** Limits that a busy machine does not reach. */
export const STEADY = { callMs: 10_000, readyMs: 60_000, initMs: 60_000 };
