import type { ChaosEvent } from './event-pages.ts';
import type { Written } from './people.ts';
import type { Hook } from './receiver.ts';
import type { Accepted, Refused } from './writers.ts';

/** What the phone has of the kit. */
export interface Received {
  readonly id: string;
  readonly chat_id: string;
  readonly body: string;
  readonly received_at?: string;
  /** How often a page added it: a page that is asked twice for one id is a kit that sends twice. */
  readonly adds?: number | undefined;
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
  readonly states: ReadonlyMap<string, { readonly status: string; readonly record: unknown }>;
  readonly written: readonly Written[];
  readonly unwritten: readonly string[];
  readonly log: readonly ChaosEvent[];
  /** The last event before the webhooks and the stream were there. */
  readonly logBefore: number;
  readonly hooks: readonly Hook[];
  /** What came in over each connection that is taken up again. */
  readonly streams: readonly Stream[];
  /** Whether the page chose the ids of messages itself. */
  readonly resists: boolean;
  readonly leftovers: readonly string[];
  readonly failedServices: readonly string[];
  readonly unaskedEnds: readonly string[];
}
