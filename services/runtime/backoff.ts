/** How long to wait after the n-th failure in a row: doubling from `firstMs` to `mostMs`, spread by a fifth each way. */
export function backoffMs(failures: number, firstMs: number, mostMs: number, random = Math.random): number {
  const exact = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(exact * (0.8 + 0.4 * random()));
}
