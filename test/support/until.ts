import { setTimeout as sleep } from 'node:timers/promises';
import { untilNextLookMs } from './look.ts';

/**
 * How long a test waits for what must come. Only a failure takes this long: it is many times what any step needs, so that
 * a slow or busy machine fails no test.
 */
export const PATIENCE_MS = 120_000;

export type Truthy<T> = Exclude<T, undefined | null | false | 0 | ''>;

/** Waits until `holds` gives something true; a thrown error counts as not yet. Fails with what was waited for, and `more`. */
export async function until<T>(
  what: string,
  holds: () => Promise<T> | T,
  { withinMs = PATIENCE_MS, more = () => '' }: { withinMs?: number; more?: () => string } = {},
): Promise<Truthy<T>> {
  const sinceMs = performance.now();
  for (;;) {
    let last: unknown;
    const lookedMs = performance.now();
    try {
      const value = await holds();
      if (value) return value as Truthy<T>;
    } catch (error) {
      last = error;
    }
    if (performance.now() > sinceMs + withinMs)
      throw new Error(`after ${withinMs} ms it still does not hold that ${what}\n${more()}`, { cause: last });
    await sleep(untilNextLookMs(sinceMs, lookedMs));
  }
}
