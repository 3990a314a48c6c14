import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 25;
const MOST_POLL_MS = 200;

/** What the probe gives, once it gives something. Fails with what was waited for after `limitMs`. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 20_000,
): Promise<T> {
  const giveUpAt = Date.now() + limitMs;
  for (;;) {
    const lookedMs = performance.now();
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > giveUpAt) throw new Error(`waited ${limitMs} ms for ${what}`);
    // What is looked at shares the processors with the look.
    await wait(Math.min(MOST_POLL_MS, Math.max(POLL_MS, 3 * (performance.now() - lookedMs))));
  }
}
