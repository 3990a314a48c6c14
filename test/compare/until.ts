import { setTimeout as sleep } from 'node:timers/promises';
import { untilNextLookMs } from '../support/look.ts';

/** Waits until `holds` returns a true value. An error that it throws counts as not yet. Fails after `withinMs`. */
export async function until<T>(
  what: string,
  holds: () => Promise<T> | T,
  withinMs = 60_000,
  details: () => string = () => '',
): Promise<NonNullable<T>> {
  const sinceMs = performance.now();
  for (;;) {
    const lookedMs = performance.now();
    let last: unknown;
    try {
      const value = await holds();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > sinceMs + withinMs)
      throw new Error(`after ${withinMs} ms it still does not hold that ${what}\n${details()}`, {
        cause: last,
      });
    await sleep(untilNextLookMs(sinceMs, lookedMs));
  }
}
