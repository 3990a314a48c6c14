import { setTimeout as sleep } from 'node:timers/promises';
import { exchange } from '../services/runtime/http/internal-call.ts';

const FRIEND = '15550100199@c.us';
const WORDS = 'The first words through one port';
const ANSWER = 'Loud and clear';
/** A first start may have to warm up a browser on a slow disk. */
const READY_WITHIN_MS = 120_000;
const CALL_WITHIN_MS = 60_000;
const ARRIVES_WITHIN_MS = 15_000;

/** Sends a message through the public port, lets the phone answer, and tells what happened. Throws when it does not. */
export async function firstMessage(
  origin: string,
  key: string | undefined,
  autoLink: boolean,
  say: (text: string) => void,
): Promise<void> {
  const ask = (method: string, path: string, body?: object) => call(origin, key, method, path, body);
  const keyOption = key === undefined ? '' : " -H 'x-api-key: …'";
  const askHealth = async () => {
    const health = await ask('GET', '/health');
    const failed = findFailed(health.body);
    if (failed !== undefined) throw new HopelessError(failed);
    return health;
  };
  await until('the api is up', READY_WITHIN_MS, async () => (await askHealth()).status === 200);
  say(`
  Gatehouse is up: ${origin}

  phone page   ${origin}/sandbox
  health       ${origin}/health
  events       curl -N${keyOption} ${origin}/api/events

`);
  if (!autoLink) say('  Scan the QR code on the phone page to link the phone.\n\n');
  await until(
    'the phone is linked',
    autoLink ? READY_WITHIN_MS : Infinity,
    async () => readField((await askHealth()).body, 'whatsapp_ready') === true,
  );

  const startedAt = performance.now();
  const sent = await ask('POST', '/api/whatsapp/send', { chat_id: FRIEND, message: WORDS });
  const id = readField(sent.body, 'message_id');
  if (sent.status !== 200 || typeof id !== 'string')
    throw new Error(`POST /api/whatsapp/send answered ${sent.status}: ${JSON.stringify(sent.body)}`);
  say(
    `  → POST /api/whatsapp/send {"chat_id":"${FRIEND}","message":"${WORDS}"}\n    200 in ${Math.round(performance.now() - startedAt)} ms, ${id}\n`,
  );

  await until('the phone has the message', ARRIVES_WITHIN_MS, async () =>
    JSON.stringify((await ask('GET', '/sandbox/api/messages')).body).includes(id),
  );
  await ask('POST', '/sandbox/api/incoming', { from: FRIEND, body: ANSWER });
  const chat = `/api/whatsapp/chats/${FRIEND}/messages?limit=5`;
  await until('the answer is in the chat', ARRIVES_WITHIN_MS, async () =>
    JSON.stringify((await ask('GET', chat)).body).includes(ANSWER),
  );
  say(`  ← the phone received it once and answered "${ANSWER}"; it is in the chat and on /api/events

  Now you:
    curl -X POST ${origin}/api/whatsapp/send${keyOption} -H 'content-type: application/json' -d '{"chat_id":"15551234567@c.us","message":"Hello"}'

  Ctrl-C stops everything.

`);
}

async function call(
  origin: string,
  key: string | undefined,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  const { hostname, port } = new URL(origin);
  const headers = {
    ...(key === undefined ? {} : { 'x-api-key': key }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const text = body === undefined ? undefined : JSON.stringify(body);
  const answer = await exchange(
    { hostname, port, method, path, headers, agent: false },
    CALL_WITHIN_MS,
    text,
  );
  return {
    status: answer.status,
    body: answer.type.includes('json') ? JSON.parse(answer.text) : answer.text,
  };
}

async function until(what: string, withinMs: number, holds: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + withinMs;
  // A refused connection is no failure yet: the gate may be on its way back.
  const isNotYet = (error: unknown) => {
    if (error instanceof HopelessError) throw error;
    return false;
  };
  while (!(await holds().catch(isNotYet))) {
    if (performance.now() > limit)
      throw new Error(`after ${withinMs / 1000} s it still does not hold that ${what}`);
    await sleep(100);
  }
}

/** What waits for it would wait in vain. */
class HopelessError extends Error {
  override readonly name = 'HopelessError';
}

/** A service that is in a crash loop, and why. */
function findFailed(health: unknown): string | undefined {
  const services = readField(health, 'services');
  if (typeof services !== 'object' || services === null) return undefined;
  const failed = Object.entries(services).find(([, service]) => readField(service, 'state') === 'failed');
  return failed === undefined
    ? undefined
    : `${failed[0]} has failed: ${String(readField(failed[1], 'reason'))}`;
}

function readField(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}
