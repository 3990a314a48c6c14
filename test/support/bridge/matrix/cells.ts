/**
 * What a capability does on one page.
 *
 * - `ok`, `patched`: its contract holds; by itself, or with a patch of the kit.
 * - `without`: what it adds is left out, and the message goes all the same.
 * - `waits`: the bridge does not say that the message is sent, and the api looks for it or tries again.
 * - `refused`: nothing is sent, and no other try would be.
 * - `broken`: the bridge says so. It holds back no request.
 * - `none`: the page gives no way to see it.
 */
export const CELLS = ['ok', 'patched', 'without', 'waits', 'refused', 'broken', 'none'] as const;
export type Cell = (typeof CELLS)[number];

export type Cells = Readonly<Record<string, Cell>>;

/** Ends a contract with another cell than the state that the bridge reports. */
export class EndedOtherwise extends Error {
  readonly cell: Cell;
  constructor(cell: Cell) {
    super(`ended with "${cell}"`);
    this.cell = cell;
  }
}
