import type { PacingSettings } from '../pacing.ts';

const MINUTE_MS = 60_000;

/**
 * When WhatsApp may be asked for which number: one after the other, at the pace of messages, since to ask for many numbers
 * is what gets accounts restricted. Times are Unix time in ms.
 */
export class LookupSlots {
  readonly #pacing: Pick<PacingSettings, 'isOn' | 'gapMs' | 'perMinute'>;
  /** The moments that were given out, in their order, as far as they count. */
  #given: number[] = [];
  /** The moment of each id that waits for it. */
  readonly #waiting = new Map<string, number>();

  constructor(pacing: Pick<PacingSettings, 'isOn' | 'gapMs' | 'perMinute'>) {
    this.#pacing = pacing;
  }

  /** When this id may be asked for: now, which counts as done, or later. Each id keeps its moment until it is there. */
  take(id: string, now: number): number {
    if (!this.#pacing.isOn) return now;
    const { gapMs, perMinute } = this.#pacing;
    for (const [other, at] of this.#waiting) if (at < now - MINUTE_MS) this.#waiting.delete(other);
    this.#given = this.#given.filter((at) => at > now - MINUTE_MS);
    const kept = this.#waiting.get(id);
    // A clock that was set back must not make anybody wait for longer than all of them take.
    const mostMs = (this.#waiting.size + 1) * gapMs + MINUTE_MS * (1 + this.#waiting.size / perMinute);
    if (kept !== undefined && kept <= now) this.#waiting.delete(id);
    if (kept !== undefined && kept <= now + mostMs) return Math.max(kept, now);
    if ((this.#given.at(-1) ?? 0) > now + mostMs) this.#given = [];
    const last = this.#given.at(-1);
    const ofLastMinute = this.#given.at(-perMinute);
    const at = Math.max(now, (last ?? 0) + gapMs, ofLastMinute === undefined ? 0 : ofLastMinute + MINUTE_MS);
    this.#given.push(at);
    if (at > now) this.#waiting.set(id, at);
    return at;
  }
}
