/** Health of the whole kit. Both paths are answered for any Host, as platforms check health by address. */
export const HEALTH_PATH = '/health';
/** Liveness of the gate, which the gate answers itself. */
export const LIVE_PATH = '/health/live';
