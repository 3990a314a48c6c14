import { type RawBuilder, sql } from 'kysely';
import { type MessageContent, type PreparationKind, preparationOf } from '../../contract/content.ts';
import { type Message, onlyLooksFor } from './message.ts';

/**
 * What a message needs before WhatsApp Web can add it decides in which lane it is sent. Each lane has places of its own,
 * so slow messages, however many, keep none from a message that needs nothing.
 */
export type Lane = PreparationKind;
export type SlowLane = Exclude<Lane, 'none'>;

const SLOW_LANES: readonly SlowLane[] = ['preview', 'upload'];
/** Each medium is in the memory of the api, of the bridge and of the page while it is uploaded. */
const MOST_UPLOADS = 4;

/** The lane of the next attempt: a look needs nothing, whatever the message is. */
export function laneFor(message: Message, now: number): Lane {
  return onlyLooksFor(message, now) ? 'none' : laneOf(message.content);
}

/** Content that this release cannot read is not sent, and needs nothing. */
export function laneOf(content: MessageContent | undefined): Lane {
  return content === undefined ? 'none' : preparationOf(content);
}

/** Whether a row of `messages` is of a lane: the same as `laneOf` says for its content. */
export const isOfLane: Readonly<Record<SlowLane, RawBuilder<boolean>>> = {
  upload: sql<boolean>`(kind = 'media')`,
  preview: sql<boolean>`(kind = 'text' and content not like '%"link_preview":false%' and (lower(content) like '%http://%'
    or lower(content) like '%https://%' or lower(content) like '%www.%'))`,
};

/** How many messages of each lane are under way. */
export class Lanes {
  readonly #most: Readonly<Record<Lane, number>>;
  readonly #busy: Record<Lane, number> = { none: 0, preview: 0, upload: 0 };

  /** `concurrency` messages at a time in each lane, and fewer uploads. */
  constructor(concurrency: number) {
    const upload = Math.min(concurrency, MOST_UPLOADS);
    this.#most = { none: concurrency, preview: concurrency, upload };
  }

  /** The slow lanes in which nothing can begin. */
  get full(): readonly SlowLane[] {
    return SLOW_LANES.filter((lane) => !this.hasRoom(lane));
  }

  hasRoom(lane: Lane): boolean {
    return this.#busy[lane] < this.#most[lane];
  }

  enter(lane: Lane): void {
    this.#busy[lane] += 1;
  }

  leave(lane: Lane): void {
    this.#busy[lane] -= 1;
  }
}
