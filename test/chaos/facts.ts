import type { AcceptedAct } from './accounts/acts.ts';
import type { AccountFacts } from './accounts/ownership.ts';
import type { ChaosEvent } from './event-pages.ts';
import type { Written } from './people.ts';
import type { Hook } from './receiver.ts';
import type { Accepted, Refused } from './writers.ts';

/** Something that does not hold, with what it is about: words by which everything known of it can be found. */
export interface Finding {
  readonly what: string;
  readonly about: readonly string[];
}

/** What the phone has of the kit. */
export interface Received {
  readonly id: string;
  /** The account from which it was sent: digits. */
  readonly phone?: string;
  readonly chat_id: string;
  readonly body: string;
  readonly received_at?: string;
  /** How often a page added it: a page that is asked twice for one id is a kit that sends twice. */
  readonly adds?: number | undefined;
  /** How often its recipient got it; once when left out. */
  readonly deliveries?: number | undefined;
  /** The emojis on it. */
  readonly reactions?: readonly string[];
}

/** What the kit says of a message: `GET /api/whatsapp/messages/{id}`. */
export interface State {
  readonly status: string;
  /** Of the error with which it ended. */
  readonly code?: string | undefined;
  readonly attempts?: number | undefined;
  readonly record: unknown;
}

/** What the kit has of one person at the end. */
export interface PersonFacts {
  readonly chatId: string;
  /** The ids of the person's chats. */
  readonly chats: readonly string[];
  /** The ids of the messages that the kit lists under each form, oldest first. */
  readonly byForm: ReadonlyMap<string, readonly string[]>;
}

/** The numbers of the events that a reader got, in its order. */
export interface Stream {
  readonly name: string;
  readonly seqs: readonly number[];
  readonly connections: number;
}

/** All that the verdict rests on. */
export interface Facts {
  /** In the order of acceptance. */
  readonly accepted: readonly Accepted[];
  readonly refused: readonly Refused[];
  /** In the order in which it reached the phone. */
  readonly received: readonly Received[];
  /** What `GET /api/whatsapp/messages/{id}` says, by id. */
  readonly states: ReadonlyMap<string, State>;
  /** Reactions and edits, in the order of acceptance. */
  readonly acts: readonly AcceptedAct[];
  /** Of the people whom the writers named in several forms. */
  readonly people: readonly PersonFacts[];
  /** Where several phones scanned. */
  readonly accounts?: AccountFacts | undefined;
  readonly written: readonly Written[];
  /** What another device of the account wrote: it must be in the event log, once. */
  readonly elsewhere: readonly Written[];
  readonly unwritten: readonly string[];
  readonly log: readonly ChaosEvent[];
  /** The last event before the webhooks and the stream were there. */
  readonly logBefore: number;
  readonly hooks: readonly Hook[];
  /** What came in over each connection that is taken up again. */
  readonly streams: readonly Stream[];
  /** Whether the page chose the ids of messages itself. */
  readonly resists: boolean;
  /** The server passes a second stanza under one id on to the recipient. Then doubles are counted, and are no finding. */
  readonly passesDuplicates: boolean;
  /** The messages that the server has refused for good, by stanza id: they alone may count as failed. */
  readonly refusedForGood: readonly string[];
  /** When the kit had the page send a message again, by stanza id. */
  readonly retries: readonly { readonly id: string; readonly at: string }[];
  readonly leftovers: readonly string[];
  readonly failedServices: readonly string[];
  readonly unaskedEnds: readonly string[];
}

/** The last part of a serialized id, which is the id at the kit. */
export function stanzaOf(id: string): string {
  return id.split('_')[2] ?? id;
}

/** A message that went out is in one of these. */
export const SENT: readonly string[] = ['sent', 'delivered', 'read', 'played'];

export function found(what: string, ...about: string[]): Finding {
  return { what, about: about.filter((word) => word !== '') };
}
