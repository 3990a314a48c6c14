import { transact } from '../database.ts';
import { numberOf, optionalTextOf, parseMessage, recordOf, textOf, type WireMessage } from '../wire.ts';

/** A row of the page's own database: a message of this page without an ack of the server, or one that failed. */
export interface OwnMessage {
  readonly id: string;
  /** Its place in the order of sends. */
  readonly n: number;
  readonly message: WireMessage;
  readonly isSendFailure: boolean;
  readonly errorCode?: string | undefined;
}

export interface OwnChange {
  readonly message?: WireMessage;
  readonly ack?: number;
  readonly isSendFailure?: boolean;
  readonly errorCode?: string;
}

/** The rows, as they are in the database or about to be. */
const rows = new Map<string, OwnMessage>();
let lastN = 0;

/** Reads what earlier loads left, in order. */
export async function readOwnMessages(): Promise<readonly OwnMessage[]> {
  for (const row of (await transact('own', 'readonly', (store) => store.getAll())).map(parseRow))
    if (!rows.has(row.id)) rows.set(row.id, row);
  return [...rows.values()].sort((left, right) => left.n - right.n);
}

export function findOwnMessage(id: string): OwnMessage | undefined {
  return rows.get(id);
}

export function storeOwnMessage(message: WireMessage): Promise<unknown> {
  lastN = Math.max(lastN + 1, Date.now() * 1000);
  return write({ id: message.id, n: lastN, message, isSendFailure: false });
}

/** Changes a row. One that the server has acknowledged goes, unless it counts as failed all the same. */
export async function changeOwnMessage(id: string, { message, ack, ...flags }: OwnChange): Promise<void> {
  const row = rows.get(id);
  if (row === undefined) return;
  // A model does not know the call that added it.
  const next = { ...(message ?? row.message), add: row.message.add, ack: ack ?? row.message.ack };
  const changed = { ...row, ...flags, message: next };
  if (next.ack > 0 && !changed.isSendFailure) await removeOwnMessage(id);
  else await write(changed);
}

export async function removeOwnMessage(id: string): Promise<void> {
  if (rows.delete(id)) await transact('own', 'readwrite', (store) => store.delete(id));
}

function write(row: OwnMessage): Promise<unknown> {
  rows.set(row.id, row);
  return transact('own', 'readwrite', (store) => store.put(row));
}

function parseRow(value: unknown): OwnMessage {
  const record = recordOf(value);
  return {
    id: textOf(record, 'id'),
    n: numberOf(record, 'n'),
    message: parseMessage(record.message),
    isSendFailure: record.isSendFailure === true,
    errorCode: optionalTextOf(record, 'errorCode'),
  };
}
