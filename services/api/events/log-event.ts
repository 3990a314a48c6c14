import type { Selectable } from 'kysely';
import type { Tables } from '../store/tables.ts';

/** An event of the log as its readers get it: JSON text `{seq, type, session, account?, whatsapp_id?, at, data}`. */
export class LogEvent {
  readonly seq: number;
  readonly type: string;
  readonly session: string;
  readonly json: string;
  #bytes: Buffer | undefined;

  constructor(row: EventRow) {
    const { seq, type, session, account, whatsapp_id, at, data } = row;
    this.seq = seq;
    this.type = type;
    this.session = session;
    const head = JSON.stringify({
      seq,
      type,
      session,
      ...(account === null ? {} : { account }),
      ...(whatsapp_id === null ? {} : { whatsapp_id }),
      at,
    });
    // What is stored is JSON text: to parse it and write it again would cost more than all the rest.
    this.json = `${head.slice(0, -1)},"data":${data}}`;
  }

  /** The same in UTF-8, made once for all readers. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.json);
    return this.#bytes;
  }
}

export type EventRow = Omit<Selectable<Tables['events']>, 'key' | 'stored_at'>;

/** Some events in the order of the log. */
export interface LogPage {
  readonly events: readonly LogEvent[];
  /** What to read after: as far as was looked. */
  readonly next: number;
  /** False: there was nothing more. True: there may be, even where `events` is empty. */
  readonly hasMore: boolean;
}

/** Which events a reader wants. */
export interface EventFilter {
  /** Undefined for all. */
  readonly types: readonly string[] | undefined;
  /** Undefined for all. */
  readonly session: string | undefined;
}

export function fits(event: LogEvent, { types, session }: EventFilter): boolean {
  return (types?.includes(event.type) ?? true) && (session === undefined || event.session === session);
}

/** How much a page may hold; it has one event at least, however large. */
export interface PageLimits {
  readonly events: number;
  readonly bytes: number;
}
