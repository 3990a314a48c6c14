import { transact } from './database.ts';
import { setAck, show, toWire } from './messages.ts';
import { sleep } from './objects/emitter.ts';
import { randomHex } from './objects/ids.ts';
import { type ChatModel, Msg, MsgModel } from './objects/store.ts';
import { call } from './phone-connection.ts';
import { current } from './settings.ts';
import { Socket } from './socket.ts';
import { isRecord, listOf, numberOf, parseMessage, recordOf, textOf, type WireMessage } from './wire.ts';

interface Entry {
  /** Its place in the order, and its key in the database. */
  readonly n: number;
  readonly message: WireMessage;
}

interface SendResult {
  readonly messageSendResult: 'OK' | 'ERROR_UNKNOWN';
  readonly t: number;
  readonly count: null;
  readonly errorCode?: number | undefined;
}

const BATCH_COUNT = 32;
const RETRY_MS = 250;
/** What WhatsApp says when it lets an account write to no more strangers; in what form the page hears it is unknown. */
const REACH_OUT_TIMELOCK = 463;

const waiting: Entry[] = [];
const results = new Map<string, (ack: number, errorCode?: number) => void>();
let isDelivering = false;
let lastN = 0;

/** Adds a message to its chat and sends it: one promise for each, as the real action gives. */
export function addAndSendMsgToChat(
  chat: ChatModel,
  attributes: object,
): [Promise<MsgModel>, Promise<SendResult>] {
  const added = add(chat, attributes);
  const sent = added.then(
    (msg) =>
      new Promise<SendResult>((resolve) => {
        results.set(String(msg.id), (ack, errorCode) =>
          resolve({ messageSendResult: ack > 0 ? 'OK' : 'ERROR_UNKNOWN', t: msg.t, count: null, errorCode }),
        );
      }),
  );
  sent.catch((error) => console.warn(`send failed: ${error}`));
  return [added, sent];
}

/** Shows what a load before this one, or a time offline, left behind, as part of the history. */
export async function showKept(): Promise<void> {
  const kept = await transact('outbox', 'readonly', (store) => store.getAll());
  const known = new Set(waiting.map((entry) => entry.n));
  for (const entry of kept.map(parseEntry)) {
    show(entry.message, false);
    if (!known.has(entry.n)) waiting.push(entry);
  }
  waiting.sort((left, right) => left.n - right.n);
}

/** Sends it; each message once and in order. */
export async function deliverKept(): Promise<void> {
  await showKept();
  deliver();
}

export function applyAck(id: string, ack: number, errorCode?: number): void {
  setAck(id, ack);
  results.get(id)?.(ack, errorCode);
  results.delete(id);
}

async function add(chat: ChatModel, attributes: object): Promise<MsgModel> {
  const { mode, addMs } = current.policy;
  if (mode === 'hang-add') await new Promise(() => undefined);
  if (addMs > 0) await sleep(addMs);
  if (mode === 'fail-add') throw new Error('stand-in: could not add message');
  const msg = new MsgModel(attributes);
  lastN = Math.max(lastN + 1, Date.now() * 1000);
  const entry = { n: lastN, message: { ...toWire(msg), add: randomHex(8) } };
  // In the database before anybody sees it: what was announced outlives the page (test: outbox).
  await transact('outbox', 'readwrite', (store) => store.put(entry));
  chat.msgs.add(msg);
  Msg.add(msg);
  chat.set({ t: msg.t });
  waiting.push(entry);
  deliver();
  return msg;
}

async function deliver(): Promise<void> {
  if (isDelivering) return;
  isDelivering = true;
  while (waiting.length > 0 && Socket.state === 'CONNECTED') {
    const batch = waiting.slice(0, BATCH_COUNT);
    try {
      const answer = await call('send', { messages: batch.map((entry) => entry.message) });
      waiting.splice(0, batch.length);
      for (const item of listOf(answer.results)) settle(batch, textOf(recordOf(item), 'id'), item);
    } catch (error) {
      console.warn(`send waits, trying again: ${error}`);
      await sleep(RETRY_MS);
    }
  }
  isDelivering = false;
}

function settle(batch: readonly Entry[], id: string, item: unknown): void {
  const entry = batch.find(({ message }) => message.id === id);
  const state = isRecord(item) ? item.state : undefined;
  if (state === 'refused') applyAck(id, -1);
  if (state === 'restricted') applyAck(id, -1, REACH_OUT_TIMELOCK);
  // A message without any ack stays: after a reload it is sent again, and is still one at the phone.
  if (state === 'unacknowledged' || entry === undefined) return;
  transact('outbox', 'readwrite', (store) => store.delete(entry.n)).catch((error) =>
    console.warn(`outbox keeps ${id}: ${error}`),
  );
}

function parseEntry(value: unknown): Entry {
  const record = recordOf(value);
  return { n: numberOf(record, 'n'), message: parseMessage(record.message) };
}
