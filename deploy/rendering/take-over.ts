/** Where a release takes over from the one before, its gate holds requests for as long as that one may take to end. */
export const TAKES_OVER = { TAKE_OVER: 'true', GATE_HOLD_MS: '30000' } as const;

/** Hands a connection that waits to be accepted to another process that listens on the port, when the first one ends. */
export const HAND_OVER_SYSCTL = 'net.ipv4.tcp_migrate_req';

/** The first Linux that has it. Source: linux/Documentation/networking/ip-sysctl.rst, tcp_migrate_req. */
export const LEAST_KERNEL = [5, 14] as const;
