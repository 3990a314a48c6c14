import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type AskOptions, ask, parseJson } from '../ask.ts';
import { askTarget, type CheckContext, describeAnswer, keyHeader } from '../check-context.ts';
import { openEventStream } from '../event-stream.ts';
import { failed, passed, type Row, skipped, warned } from '../report.ts';

/** A number that is kept for fiction. */
const FRIEND = '15550100199@c.us';
const SEND_MS = 8_000;
const POLL_MS = 100;
/** All messages of a stand-in that has been used for long. */
const MOST_BYTES = 8 * 1024 ** 2;

const aliveSchema = z.object({ status: z.literal('ok') });
const stateSchema = z.object({ linked: z.boolean() });
const sentSchema = z.object({
  status: z.string(),
  message_id: z.string().optional(),
  reason: z.string().optional(),
});
const receivedSchema = z.array(z.object({ body: z.string() }));

/** Sends to the stand-in of a sandbox, sees the message there once, lets the phone answer, and sees that event. Never to real people. */
export async function checkSend(context: CheckContext, isAsked: boolean): Promise<Row> {
  const alive = await askTarget(context, '/sandbox/api/health');
  if (alive.status !== 200 || !aliveSchema.safeParse(parseJson(alive.text)).success) {
    const why = `nothing was sent: this deployment is on real WhatsApp (/sandbox answered ${describeAnswer(alive)})`;
    return isAsked
      ? warned(
          'send',
          why,
          'a smoke test never writes to real people',
          'try --send on a deployment with WHATSAPP=sandbox',
        )
      : skipped('send', why);
  }
  const state = stateSchema.safeParse(parseJson((await call(context, '/sandbox/api/state')).text)).data;
  if (state === undefined || !state.linked) {
    const why =
      state === undefined ? 'the sandbox does not tell its state' : 'no phone is linked in the sandbox';
    const remedy = `link it at ${context.target.origin}/sandbox, or set SANDBOX_AUTO_LINK=true`;
    return (isAsked ? failed : warned)('send', `nothing was sent: ${why}`, why, remedy);
  }
  return sendThereAndBack(context);
}

async function sendThereAndBack(context: CheckContext): Promise<Row> {
  const { arrivesMs } = context.limits;
  const words = `smoke test ${randomUUID()}`;
  const reply = `answer to ${words}`;
  const startedAt = performance.now();
  const answer = await call(context, '/api/whatsapp/send', {
    method: 'POST',
    body: { chat_id: FRIEND, message: words },
  });
  const sent = sentSchema.safeParse(parseJson(answer.text)).data;
  const told = `POST /api/whatsapp/send answered ${describeAnswer(answer)}${sent?.reason === undefined ? '' : ` (${sent.reason})`}`;
  if (answer.status !== 200 || sent?.message_id === undefined)
    return failed(
      'send',
      told,
      answer.status === 202 ? 'the message waits and has not gone out' : 'the message was not taken',
      'GET /api/whatsapp/status tells why messages wait; see the logs of api and bridge',
    );
  const sentMs = Math.round(performance.now() - startedAt);
  const arrived = await until(async () => (await countReceived(context, words)) > 0, arrivesMs);
  if (!arrived)
    return failed(
      'send',
      `${told}, and the phone has not received it within ${arrivesMs} ms`,
      'it was acknowledged and did not arrive',
      'see the log of the bridge',
    );
  using stream = await openEventStream(context, arrivesMs);
  const incoming = await call(context, '/sandbox/api/incoming', {
    method: 'POST',
    body: { from: FRIEND, body: reply },
  });
  if (incoming.status !== 200 || !(await stream.waitFor(reply, arrivesMs)))
    return failed(
      'send',
      `the phone got the message; its answer (${describeAnswer(incoming)}) was not on /api/events within ${arrivesMs} ms`,
      'events do not come from the bridge to the api, or are held up on the way here',
      'see the logs of bridge and api; GET /health tells the state of the store',
    );
  // After the answer: a second one would be there by now.
  const count = await countReceived(context, words);
  if (count !== 1)
    return failed(
      'send',
      `one message was sent, and the phone received it ${count} times`,
      'a message was repeated',
      'keep the log and the data folder, and report it: this must not happen',
    );
  return passed('send', `sent in ${sentMs} ms, received once, and the answer was on /api/events`);
}

async function countReceived(context: CheckContext, words: string): Promise<number> {
  const { text } = await call(context, `/sandbox/api/messages?chat_id=${FRIEND}`, { mostBytes: MOST_BYTES });
  const received = receivedSchema.safeParse(parseJson(text)).data ?? [];
  return received.filter(({ body }) => body === words).length;
}

function call(context: CheckContext, path: string, options: AskOptions = {}) {
  const { target, signal } = context;
  return ask(target, path, { withinMs: SEND_MS, signal }, { ...options, headers: keyHeader(context) });
}

async function until(holds: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const limit = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > limit) return false;
    await sleep(POLL_MS);
  }
  return true;
}
