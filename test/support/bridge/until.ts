import { setTimeout as wait } from 'node:timers/promises';
import { untilNextLookMs } from '../look.ts';

/** What the probe gives, once it gives something. Fails with what was waited for after `limitMs`. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 90_000,
): Promise<T> {
  const sinceMs = performance.now();
  for (;;) {
    const lookedMs = performance.now();
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > sinceMs + limitMs) throw new Error(`waited ${limitMs} ms for ${what}`);
    await wait(untilNextLookMs(sinceMs, lookedMs));
  }
}
