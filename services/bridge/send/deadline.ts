import { type ErrorCode, KitError } from '../../contract/errors.ts';

/** With less time left than this, nothing is begun: to say that nothing was sent is better than not to know. */
const LEAST_SEND_MS = 100;

/** Until when a message must stand in its chat, from the arrival of its send. */
export class SendDeadline {
  readonly #ms: number;
  readonly #at: number;

  constructor(ms: number) {
    this.#ms = ms;
    this.#at = performance.now() + ms;
  }

  get leftMs(): number {
    return this.#at - performance.now();
  }

  /** The time left. Throws a KitError when it is too short to begin. */
  check(why: string, code: ErrorCode = 'whatsapp_not_ready'): number {
    const { leftMs } = this;
    if (leftMs >= LEAST_SEND_MS) return leftMs;
    throw new KitError(code, `nothing was sent: ${why}, and its ${this.#ms} ms have passed`);
  }
}
