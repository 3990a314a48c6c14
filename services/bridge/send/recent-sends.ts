import type { SendAnswer } from '../../contract/bridge.ts';

/** Ids whose outcome is remembered; the oldest are forgotten. */
const REMEMBERED = 5_000;

/** A send that was answered. */
export interface RecentAnswer {
  readonly answer: SendAnswer;
  /** By which its acks come; undefined for what has none of its own. */
  readonly stanzaId: string | undefined;
  /** Of the browser that held the message: once it has aborted, only an ack proves that WhatsApp has it. */
  readonly signal: AbortSignal;
  /** The ids of the account that it was sent from; none where no page has said. */
  readonly account: readonly string[];
}

/** What became of the sends of this process, by the id that their callers chose. */
export class RecentSends {
  /** Undefined is doubt: the message may have been sent. */
  readonly #outcomes = new Map<string, RecentAnswer | undefined>();
  /** By the stanza id of a message: the id that its caller chose. */
  readonly #owners = new Map<string, string>();
  /** By the id that its caller chose: the stanza id of the message. */
  readonly #made = new Map<string, string>();

  answerOf(id: string): RecentAnswer | undefined {
    return this.#outcomes.get(id);
  }

  isDoubtful(id: string): boolean {
    return this.#outcomes.has(id) && this.#outcomes.get(id) === undefined;
  }

  keep(id: string, kept: RecentAnswer): void {
    remember(this.#outcomes, id, kept);
  }

  doubt(id: string): void {
    remember(this.#outcomes, id, undefined);
  }

  /** It certainly was not sent: another call starts from the beginning. */
  forget(id: string): void {
    this.#outcomes.delete(id);
  }

  /** Another account is linked, in whose chats none of it is. */
  clear(): void {
    for (const known of [this.#outcomes, this.#owners, this.#made]) known.clear();
  }

  /** The send with this id has made, or found, the message under this stanza id. */
  own(stanzaId: string, id: string): void {
    remember(this.#owners, stanzaId, id);
    remember(this.#made, id, stanzaId);
  }

  /** The stanza id of the last message that the send with this id has made, or found. */
  madeBy(id: string): string | undefined {
    return this.#made.get(id);
  }

  /** Whether the message under this stanza id is known to belong to another send than this. */
  isOfAnother(stanzaId: string, id: string): boolean {
    return (this.#owners.get(stanzaId) ?? id) !== id;
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= REMEMBERED) break;
    map.delete(oldest);
  }
}
