import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldOf, listOf, textOf } from '../json.ts';
import type { KitProcess } from '../kit-process.ts';
import { until } from '../until.ts';
import { type CallAnswer, call } from './call.ts';
import { readEvents, readMessages } from './read.ts';
import {
  CANCELED,
  DOT,
  INCOMING,
  SENT,
  type Send,
  SPOOLED,
  UNREGISTERED,
  WAITING,
  WEBHOOK_SECRET,
} from './scene.ts';

/** What a kit has put into a data folder, as its clients know it. */
export interface Written {
  /** Every accepted send, with the answer. */
  readonly sends: readonly (Send & { readonly id: string; readonly answer: CallAnswer })[];
  /** Names of sends that this kit refuses, because its release does not know a field. */
  readonly refused: readonly string[];
  readonly uploadId: string;
  /** The answer to the cancel of a message in flight. */
  readonly cancel: CallAnswer & { readonly id: string };
  readonly scheduledId: string;
  /** Every message as `GET /api/whatsapp/messages` shows it, by id. */
  readonly messages: ReadonlyMap<string, unknown>;
  readonly events: readonly unknown[];
  readonly webhooks: readonly unknown[];
}

/** Fills the data folder of a kit that is ready, `without` sends that use these fields. At the end the api is frozen, and the kit must be killed. */
export async function writeFolder(
  kit: KitProcess,
  hooks: readonly string[],
  without: readonly string[],
): Promise<Written> {
  const { origin } = kit;
  const isWanted = ({ body }: Send) => !without.some((field) => Object.hasOwn(body, field));
  for (const url of hooks)
    await demand(201, call(origin, 'POST', '/api/webhooks', { url, secret: WEBHOOK_SECRET, after: 0 }));
  const sends: Written['sends'][number][] = [];
  const refused: string[] = [];
  const send = async (wish: Send, prefer?: string): Promise<CallAnswer> => {
    const headers = {
      ...(wish.key === undefined ? {} : { 'idempotency-key': wish.key }),
      ...(prefer === undefined ? {} : { prefer }),
    };
    const answer = await call(origin, 'POST', '/api/whatsapp/send', wish.body, headers);
    if (answer.status === 400) refused.push(wish.name);
    else sends.push({ ...wish, answer, id: textOf(answer.body, 'id') });
    return answer;
  };

  for (const wish of SENT.filter(isWanted)) await send(wish);
  await actOn(origin, textOf(sends[0]?.answer.body, 'message_id'));
  await misbehave(origin, { kind: 'setUnregistered', numbers: [UNREGISTERED] });
  await call(origin, 'POST', '/api/whatsapp/send', { chat_id: UNREGISTERED, message: 'to nobody' });
  const uploadId = await upload(origin);
  const scheduledId = await schedule(origin);
  const canceledId = await schedule(origin);
  await demand(200, call(origin, 'DELETE', `/api/whatsapp/messages/${canceledId}`));
  for (const body of INCOMING)
    await demand(200, call(origin, 'POST', '/sandbox/api/incoming', { from: '15550100007', body }));
  await until('every message is read, and its events are in the log', () => isQuiet(origin), 30_000);

  // From here on the page takes a message and never answers.
  await misbehave(origin, { kind: 'policy', mode: 'hang-add' });
  const hanging = await call(
    origin,
    'POST',
    '/api/whatsapp/send',
    { chat_id: CANCELED, message: 'canceled in flight' },
    { prefer: 'respond-async' },
  );
  const id = textOf(hanging.body, 'id');
  for (const wish of WAITING.filter(isWanted)) await send(wish, 'respond-async');
  await until('two messages are in flight', async () => {
    const { body } = await call(origin, 'GET', '/api/whatsapp/messages?status=sending');
    return listOf(body, 'messages').length === 2;
  });
  const cancel = await call(origin, 'DELETE', `/api/whatsapp/messages/${id}`, undefined, {
    prefer: 'wait=1',
  });
  const written = {
    sends,
    refused,
    uploadId,
    scheduledId,
    cancel: { ...cancel, id },
    messages: await readMessages(origin),
    events: await readEvents(origin),
    webhooks: listOf((await call(origin, 'GET', '/api/webhooks')).body, 'webhooks'),
  };
  await fillSpool(kit);
  return written;
}

/** Edits, reacts to and deletes a message that WhatsApp has. */
async function actOn(origin: string, messageId: string): Promise<void> {
  const path = `/api/whatsapp/messages/${encodeURIComponent(messageId)}`;
  await demand(200, call(origin, 'POST', `${path}/reaction`, { emoji: '👍' }));
  await demand(200, call(origin, 'PATCH', path, { message: 'first, edited' }));
  await demand(200, call(origin, 'POST', `${path}/revoke`, {}));
}

async function upload(origin: string): Promise<string> {
  const response = await fetch(`${origin}/api/whatsapp/media?filename=later.png`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: Buffer.from(DOT, 'base64'),
  });
  return textOf(await response.json(), 'id');
}

async function schedule(origin: string): Promise<string> {
  const sendAt = Date.now() + 86_400_000;
  const { body } = await call(origin, 'POST', '/api/whatsapp/send', {
    chat_id: '15550100008',
    message: 'tomorrow',
    send_at: new Date(sendAt).toISOString(),
    expires_at: new Date(sendAt + 86_400_000).toISOString(),
  });
  return textOf(body, 'id');
}

/** Freezes the api, so that the bridge keeps on disk what comes in. */
async function fillSpool(kit: KitProcess): Promise<void> {
  process.kill(kit.pidOf('api'), 'SIGSTOP');
  for (const body of SPOOLED)
    await demand(200, call(kit.origin, 'POST', '/sandbox/api/incoming', { from: '15550100007', body }));
  await until('the spool is on disk', () => SPOOLED.every((text) => isInSpool(kit.dataDir, text)), 20_000);
}

/** Whether a file of the spool holds a text. The phone keeps its own copy elsewhere in the data folder. */
function isInSpool(dataDir: string, text: string): boolean {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true }).some(
    (entry) =>
      entry.isFile() &&
      entry.parentPath.includes('/spool/') &&
      readFileSync(join(entry.parentPath, entry.name)).includes(text),
  );
}

/** Whether nothing more will happen by itself: the last acknowledgements have come. */
async function isQuiet(origin: string): Promise<boolean> {
  const messages = [...(await readMessages(origin)).values()];
  const content = messages.filter((message) => fieldOf(message, 'target') === undefined);
  const states = content.map((message) => String(fieldOf(message, 'status')));
  const came = (await readEvents(origin)).filter((event) =>
    INCOMING.some((text) => text === fieldOf(event, 'data', 'body')),
  );
  return (
    came.length === INCOMING.length &&
    !states.some((state) => ['sending', 'sent', 'delivered'].includes(state))
  );
}

async function misbehave(origin: string, wish: object): Promise<void> {
  await demand(200, call(origin, 'POST', '/sandbox/api/misbehave', wish));
}

async function demand(status: number, call: Promise<CallAnswer>): Promise<void> {
  const answer = await call;
  if (answer.status !== status)
    throw new Error(`the kit answered ${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`);
}
