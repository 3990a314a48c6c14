import { problemAnswerSchema } from '../../contract/bridge.ts';
import { errorText } from '../../contract/errors.ts';
import type { BridgeEvent } from '../../contract/events.ts';
import { EVENTS_PATH } from '../../contract/internal.ts';
import { InternalCaller, type Origin } from '../../runtime/http/internal-call.ts';
import type { Log } from '../../runtime/log.ts';

const POST_LIMIT_MS = 10_000;
/** Answers that say the events themselves are wrong: repeating them helps nobody. */
const REFUSED = [400, 413, 415, 422];

/** What the api said: `failed` is for another try, `refused` is for ever. */
export type PostOutcome = 'taken' | 'refused' | 'failed';

/** The way of events to the api, one post at a time. */
export class EventPost {
  readonly #caller: InternalCaller;
  readonly #log: Log;

  constructor(api: Origin, secret: string, log: Log) {
    this.#caller = new InternalCaller(api, secret);
    this.#log = log;
  }

  async post(events: readonly BridgeEvent[], signal: AbortSignal): Promise<PostOutcome> {
    const count = events.length;
    try {
      const { status, text } = await this.#caller.call(
        'POST',
        EVENTS_PATH,
        POST_LIMIT_MS,
        { events },
        signal,
      );
      if (status >= 200 && status < 300) return 'taken';
      this.#log.warn(
        { status, events: count },
        `the api answered ${status} to ${count} events and did not take them${whyOf(text)}`,
      );
      return REFUSED.includes(status) ? 'refused' : 'failed';
    } catch (error) {
      this.#log.debug({ events: count }, `the api was not reached with ${count} events: ${errorText(error)}`);
      return 'failed';
    }
  }

  /** Names them only: an event holds what people write, and the code by which a phone links. */
  tellLost(events: readonly BridgeEvent[]): void {
    for (const { kind, key } of events)
      this.#log.error({ kind, key }, `the api refused the ${kind} event ${key}: it is lost`);
  }

  close(): void {
    this.#caller.close();
  }
}

/** The code and the fields that the api refused, without their contents. */
function whyOf(text: string): string {
  try {
    const { code, detail } = problemAnswerSchema.parse(JSON.parse(text));
    return `: ${code}, ${detail}`;
  } catch {
    return ''; // No problem document: there is nothing to add.
  }
}
