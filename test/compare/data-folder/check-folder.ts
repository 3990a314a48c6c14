import { isDeepStrictEqual } from 'node:util';
import { fieldOf, numberOf, textOf } from '../json.ts';
import type { KitProcess } from '../kit-process.ts';
import { until } from '../until.ts';
import { call } from './call.ts';
import { phoneTextOf, readEvents, readMessages, readPhone } from './read.ts';
import type { Receiver } from './receiver.ts';
import { CANCELED, INCOMING, QUEUE, SPOOLED, WAITING } from './scene.ts';
import type { Written } from './write-folder.ts';

/** One thing that must hold for a data folder of another checkout. It throws when it does not hold. */
export interface DataCheck {
  readonly what: string;
  readonly run: () => Promise<void>;
}

const OPEN = ['queued', 'sending'];
/** How long a waiting message may take: the kit first looks for one whose outcome is unknown. */
const SEND_WITHIN_MS = 30_000;

/** The checks of a kit that has opened a data folder of another kit, in the order in which they must run. */
export function checksOf(kit: KitProcess, written: Written, receiver: Receiver): readonly DataCheck[] {
  const { origin } = kit;
  const { sends, messages, events, webhooks, cancel } = written;
  const lastSeq = Math.max(...events.map((event) => numberOf(event, 'seq')));
  const waiting = sends.filter(({ name }) => WAITING.some((each) => each.name === name));

  return [
    {
      what: 'each message is listed',
      run: async () => {
        const now = await readMessages(origin);
        const lost = [...messages.keys()].filter((id) => !now.has(id));
        if (lost.length > 0) throw new Error(`${lost.length} of ${messages.size} messages are lost`);
      },
    },
    ...[...messages]
      .filter(([, message]) => !OPEN.includes(textOf(message, 'status')))
      .map(([id, message]) => ({
        what: `${titleOf(written, id, message)} has the same answer`,
        run: async () => {
          const { status, body } = await call(origin, 'GET', `/api/whatsapp/messages/${id}`);
          if (status !== 200) throw new Error(`it answers ${status}: ${JSON.stringify(body)}`);
          demandEqual(body, message);
        },
      })),
    {
      what: 'the events up to the last one are the same',
      run: async () => {
        const now = (await readEvents(origin)).slice(0, events.length);
        for (const [index, event] of events.entries()) demandEqual(now[index], event);
      },
    },
    {
      what: 'the next event has the next sequence number',
      run: async () => {
        const [next] = await until('there is a new event', async () => {
          const later = await readEvents(origin, lastSeq);
          return later.length > 0 ? later : undefined;
        });
        demandEqual(fieldOf(next, 'seq'), lastSeq + 1);
      },
    },
    {
      what: 'each event of the spool is in the log once',
      run: async () => {
        const bodies = await until('the spooled events have come', async () => {
          const texts = (await readEvents(origin)).map((event) => String(fieldOf(event, 'data', 'body')));
          return SPOOLED.every((text) => texts.includes(text)) ? texts : undefined;
        });
        for (const text of [...INCOMING, ...SPOOLED])
          demandEqual({ text, times: bodies.filter((body) => body === text).length }, { text, times: 1 });
      },
    },
    ...sends.filter(({ key }) => key !== undefined).flatMap((send) => replayChecks(origin, send)),
    ...waiting.map(({ name, id, body }) => ({
      what: `${name} goes out, and once`,
      run: async () => {
        await until(
          `${name} is sent`,
          async () => {
            const view = (await call(origin, 'GET', `/api/whatsapp/messages/${id}`)).body;
            return ['sent', 'delivered', 'read'].includes(textOf(view, 'status'));
          },
          SEND_WITHIN_MS,
          () => kit.complaints,
        );
        const got = (await readPhone(origin, QUEUE)).map((message) => textOf(message, 'body'));
        demandEqual(got.filter((text) => text === phoneTextOf(body)).length, 1);
      },
    })),
    {
      what: 'a message that was to be canceled in flight is not sent',
      run: async () => {
        // An old release refuses to cancel it, and then may send it.
        if (cancel.status !== 202) return;
        const status = await until(
          'it has an outcome',
          async () => {
            const { body } = await call(origin, 'GET', `/api/whatsapp/messages/${cancel.id}`);
            const now = textOf(body, 'status');
            return OPEN.includes(now) ? undefined : now;
          },
          SEND_WITHIN_MS,
        );
        const got = await readPhone(origin, CANCELED);
        demandEqual({ status, received: got.length }, { status: 'canceled', received: 0 });
      },
    },
    {
      what: 'a scheduled message waits, and can be canceled',
      run: async () => {
        const path = `/api/whatsapp/messages/${written.scheduledId}`;
        demandEqual(textOf((await call(origin, 'GET', path)).body, 'status'), 'queued');
        demandEqual((await call(origin, 'DELETE', path)).status, 200);
      },
    },
    {
      what: 'an uploaded medium can be sent',
      run: async () => {
        const answer = await call(origin, 'POST', '/api/whatsapp/send', {
          chat_id: '15550100001',
          media: { upload: written.uploadId },
        });
        if (answer.status !== 200)
          throw new Error(`it answers ${answer.status}: ${JSON.stringify(answer.body)}`);
      },
    },
    {
      what: 'each webhook is there',
      run: async () => {
        for (const webhook of webhooks) {
          const { body } = await call(origin, 'GET', `/api/webhooks/${textOf(webhook, 'id')}`);
          for (const field of ['id', 'url', 'types', 'status', 'created_at'])
            demandEqual({ [field]: fieldOf(body, field) }, { [field]: fieldOf(webhook, field) });
        }
      },
    },
    {
      what: 'the webhook gets every event, with the same signature',
      run: async () => {
        const seqs = (await readEvents(origin)).map((event) => numberOf(event, 'seq'));
        const lacks = () => seqs.filter((seq) => !receiver.seqs.has(seq));
        await until(
          'every event was delivered',
          () => lacks().length === 0,
          30_000,
          () => `not delivered: ${lacks()}`,
        );
        demandEqual(receiver.deliveries.filter(({ isSigned }) => !isSigned).length, 0);
      },
    },
  ];
}

function replayChecks(origin: string, send: Written['sends'][number]): readonly DataCheck[] {
  const repeat = (body: object) =>
    call(origin, 'POST', '/api/whatsapp/send', body, {
      'idempotency-key': send.key ?? '',
      prefer: 'respond-async',
    });
  return [
    {
      what: `the key of ${send.name} names the same message`,
      run: async () => {
        const { status, body } = await repeat(send.body);
        if (status !== 200 && status !== 202)
          throw new Error(`it answers ${status}: ${JSON.stringify(body)}`);
        // A message that was queued may be sent by now.
        if (send.answer.status === 200) demandEqual(body, send.answer.body);
        else demandEqual(fieldOf(body, 'id'), send.id);
      },
    },
    {
      what: `the key of ${send.name} is refused for another body`,
      run: async () => demandEqual((await repeat({ chat_id: QUEUE, message: 'another' })).status, 422),
    },
  ];
}

function titleOf({ sends, scheduledId }: Written, id: string, message: unknown): string {
  const name = sends.find((send) => send.id === id)?.name;
  return (
    name ??
    (id === scheduledId
      ? 'a scheduled text'
      : `the ${fieldOf(message, 'status')} ${fieldOf(message, 'kind')}`)
  );
}

function demandEqual(found: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(found, expected))
    throw new Error(`it is ${JSON.stringify(found)} and was ${JSON.stringify(expected)}`);
}
