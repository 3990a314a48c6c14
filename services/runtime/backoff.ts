/** The first wait after a failure, and the longest. */
export interface Pauses {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** How long to wait after the n-th failure in a row: doubling, and spread by a fifth each way. */
export function backoffMs(failures: number, { firstMs, mostMs }: Pauses, random = Math.random): number {
  const exact = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(exact * (0.8 + 0.4 * random()));
}
