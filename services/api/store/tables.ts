import type { ColumnType, Generated } from 'kysely';
import type { MessageState } from '../../contract/message-states.ts';

/** The tables, the same in SQLite and PostgreSQL. Times are Unix time in ms; what is structured is JSON text. */
export interface Tables {
  messages: MessagesTable;
  idempotency: IdempotencyTable;
  media: MediaTable;
  events: EventsTable;
  contacts: ContactsTable;
  people: PeopleTable;
  addresses: AddressesTable;
  webhooks: WebhooksTable;
  dead_letters: DeadLettersTable;
  facts: FactsTable;
}

/** The outbox: one row a message, from its acceptance on. */
interface MessagesTable {
  /** The order of acceptance: FIFO within a chat. */
  seq: Generated<number>;
  /** The id that the kit chose: also the last part (`stanza_id`) of the id at WhatsApp. */
  id: string;
  session: string;
  /** The id of the account that it belongs to; null until one is linked. A row of an earlier release has none either. */
  account: ColumnType<string | null, string | null | undefined, string | null>;
  /** As it was asked for. */
  chat_id: string;
  /** What orders and paces it: see `people/chat-key.ts`. Null until it is known who the number belongs to. */
  chat_key: ColumnType<string | null, string | null | undefined, string | null>;
  kind: string;
  /** `MessageContent` as JSON, without the fields of `later_fields`. See `outbox/stored-content.ts`. */
  content: string;
  /** Fields of the content that an earlier release does not know, as JSON; null without one. */
  later_fields: ColumnType<string | null, string | null | undefined, string | null>;
  /** Read as text: a later release may have stored a state that this one does not know. */
  state: ColumnType<string, MessageState, MessageState>;
  /** Why it waits, or why it ended; null when there is nothing to say. */
  reason: string | null;
  /** The error code of a message that failed. */
  error_code: string | null;
  attempts: ColumnType<number, number | undefined, number>;
  accepted_at: number;
  /** Not before; null for at once. */
  send_at: number | null;
  expires_at: number;
  /** Not tried again before; orders nothing, since the chat waits with it. */
  next_try_at: number;
  /** The `seq` of an earlier message of the queue, which goes first; null: this may be the first. See `outbox/heads/`. */
  behind: ColumnType<number | null, number | null | undefined, number | null>;
  dispatched_at: number | null;
  sent_at: number | null;
  delivered_at: number | null;
  read_at: number | null;
  played_at: number | null;
  /** When it failed, expired or was canceled. */
  ended_at: number | null;
  /** When a cancel was asked for while the message may have been sent; it is never sent again. */
  cancel_at: number | null;
  /** As WhatsApp knows it; null until it was told. */
  whatsapp_id: string | null;
}

interface IdempotencyTable {
  key: string;
  /** Hash of the body. */
  fingerprint: string;
  message_id: string;
  created_at: number;
}

/** A medium on its way out; gone when its message is. */
interface MediaTable {
  id: string;
  mimetype: string;
  filename: string | null;
  bytes: number;
  data: Buffer;
  created_at: number;
  /** Null: uploaded, and not used yet. */
  message_id: string | null;
}

/** The event log: append-only, in the order of `seq`, which is also the order of commit. */
interface EventsTable {
  seq: Generated<number>;
  session: string;
  /** What tells a repetition: unique with the session. */
  key: string;
  type: string;
  whatsapp_id: string | null;
  at: string;
  data: string;
  stored_at: number;
  /** The id of the account that was linked; null for an event of an earlier release. */
  account: ColumnType<string | null, string | null | undefined, string | null>;
}

/**
 * The people of an account, with number and LID together, whichever of them is known. A person is known once there has been
 * a message, or WhatsApp was asked.
 */
interface PeopleTable {
  id: Generated<number>;
  session: string;
  /** The id of the account; empty for what was known before any account was. */
  account: string;
  /** Digits, in the form under which WhatsApp knows it. */
  phone_number: string | null;
  lid: string | null;
  name: string | null;
  /** WhatsApp's present address of the chat; null until WhatsApp has said it. */
  address: string | null;
  /** When the kit first wrote to the person; null when only they wrote. */
  first_sent_at: number | null;
  first_received_at: number | null;
  created_at: number;
  updated_at: number;
}

/** What WhatsApp has said of a number in the form in which somebody typed it: `15551234567@c.us`. */
interface AddressesTable {
  session: string;
  account: string;
  address: string;
  /** Null: WhatsApp knows no account for it. */
  person_id: number | null;
  learned_at: number;
}

/** The chats with which there has been a message, as the release before `people` reads them. */
interface ContactsTable {
  session: string;
  chat_id: string;
  /** When the kit first wrote to it; null when only they wrote. */
  first_sent_at: number | null;
  first_received_at: number | null;
}

interface WebhooksTable {
  id: string;
  url: string;
  /** The types of events wanted, as JSON; null for all. */
  types: string | null;
  /** Signing secrets as JSON, the newest first: [{ secret, expires_at }]. */
  secrets: string;
  status: string;
  /** Why it was disabled. */
  reason: string | null;
  created_at: number;
  /** The last event that was delivered, or became a dead letter. */
  cursor: number;
  /** Of the event behind the cursor. */
  attempts: number;
  first_tried_at: number | null;
  next_try_at: number;
  last_error: string | null;
  delivered_at: number | null;
  /** Events that were removed before they were delivered, and when that last happened. */
  lost: ColumnType<number, number | undefined, number>;
  lost_at: ColumnType<number | null, number | null | undefined, number | null>;
}

interface DeadLettersTable {
  id: Generated<number>;
  webhook_id: string;
  seq: number;
  type: string;
  /** The event as it would have been posted. */
  payload: string;
  reason: string;
  attempts: number;
  created_at: number;
  /** Since when it is to be tried once more; null while it rests. */
  redrive_at: number | null;
}

/** Single values: what the store itself must remember. */
interface FactsTable {
  name: string;
  value: string;
}
