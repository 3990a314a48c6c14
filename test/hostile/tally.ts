import type { Seen } from './backends/seen.ts';
import type { Transcript } from './client.ts';
import type { Reading } from './strict-reading.ts';

/** What became of the cases: whether they were worth sending. */
export class Tally {
  cases = 0;
  /** Cases of which the backend saw a request. */
  admitted = 0;
  /** Cases in which the gate refused something. */
  refused = 0;
  /** Cases with several requests at the backend. */
  pipelined = 0;
  /** Requests with a body, whole, at the backend. */
  bodies = 0;
  /** Cases whose bytes are no HTTP, or not to their end. */
  broken = 0;
  tunnels = 0;

  add({ end }: Reading, { responses, isTunnel }: Transcript, seen: readonly Seen[]): void {
    this.cases += 1;
    if (seen.length > 0) this.admitted += 1;
    if (responses.some(({ status }) => status >= 400)) this.refused += 1;
    if (seen.length > 1) this.pipelined += 1;
    this.bodies += seen.filter(({ body, isWhole }) => isWhole && body !== '').length;
    if (end !== 'clean') this.broken += 1;
    if (isTunnel) this.tunnels += 1;
  }

  plus(other: Tally): Tally {
    const sum = new Tally();
    for (const key of KEYS) sum[key] = this[key] + other[key];
    return sum;
  }

  toString(): string {
    return KEYS.map((key) => `${this[key]} ${key}`).join(', ');
  }
}

const KEYS = ['cases', 'admitted', 'refused', 'pipelined', 'bodies', 'broken', 'tunnels'] as const;
