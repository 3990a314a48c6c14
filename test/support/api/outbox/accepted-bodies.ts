import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import fc from 'fast-check';
import request from 'supertest';
import type { BridgeClient } from '../../../../services/api/bridge-client.ts';
import { attempt } from '../../../../services/api/outbox/attempt.ts';
import { toMessage } from '../../../../services/api/outbox/message.ts';
import { sendBodySchema } from '../../../../services/contract/bridge.ts';
import { closeServer, listen } from '../../../../services/runtime/http/listen.ts';
import { freshSqlite } from '../databases.ts';
import { fromGate } from '../world.ts';
import { ANN, SendWorld } from './send-world.ts';

const DAY_MS = 86_400_000;

/** A length at, just below and just above each of these bounds, or anything below the first of them. */
const lengthAt = (...bounds: number[]) =>
  fc.oneof(
    fc.integer({ min: 0, max: bounds[0] ?? 0 }),
    fc.constantFrom(...bounds.flatMap((bound) => [bound - 1, bound, bound + 1])),
  );
const textOf = (bound: number) =>
  fc
    .tuple(lengthAt(bound), fc.constantFrom('x', 'é', '字', '\u0001', '"'))
    .map(([length, character]) => character.repeat(length));
const shortText = textOf(256);
const domain = fc.constantFrom('c.us', 'g.us', 'lid', 'newsletter');
const chatId = fc
  .tuple(lengthAt(128), domain)
  .map(([length, suffix]) => `${'1'.repeat(Math.max(1, length - suffix.length - 1))}@${suffix}`);
const number = fc.stringMatching(/^(\+|00)?[1-9]\d{5,15}$/);
const person = fc.oneof({ arbitrary: fc.constant(ANN), weight: 3 }, number, chatId);
const stanza = fc
  .tuple(lengthAt(32, 128, 220, 256), fc.constantFrom('A', '3EB0', '-', 'é', ' '))
  .map(([length, piece]) => piece.repeat(length).slice(0, length));
const messageId = fc.oneof(
  stanza,
  fc.tuple(fc.boolean(), chatId, stanza).map(([own, chat, id]) => `${own}_${chat}_${id}`),
  fc.tuple(chatId, stanza, chatId).map(([chat, id, author]) => `false_${chat}_${id}_${author}`),
);
const mimetype = fc
  .tuple(fc.constantFrom('image/', 'application/vnd.', 'audio/ogg; codecs='), lengthAt(20, 100, 128, 206))
  .map(([start, length]) => start + 'x'.repeat(Math.max(1, length - start.length)));
const filename = fc
  .tuple(lengthAt(255), fc.constantFrom('a', '字', '/'))
  .map(([length, character]) => character.repeat(length));
/** Mostly absent, so that enough of each kind is accepted. */
const optional = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 2 }, { arbitrary: value, weight: 1 });
const flags = { as_document: optional(fc.boolean()), as_voice: optional(fc.boolean()) };

/** Bodies that a client may send, at the bounds and beyond them. The api refuses some of them. */
const sends = (fileUrl: string, upload: () => string) => {
  const about = { chat_id: person, reply_to: optional(messageId) };
  const named = { ...about, mentions: optional(fc.array(person, { minLength: 1, maxLength: 101 })) };
  const media = fc.oneof(
    fc.record({
      data: fc.constantFrom('aGk=', 'aGVsbG8='),
      mimetype,
      filename: optional(filename),
      ...flags,
    }),
    fc.record({
      url: fc.tuple(mimetype, filename).map(([type, name]) => {
        const query = encodeURIComponent(type);
        return `${fileUrl}/${encodeURIComponent(name).slice(0, 900)}.png?${query}`;
      }),
      filename: optional(filename),
    }),
    fc.record({ upload: fc.constant('').map(upload), filename: optional(filename) }),
  );
  return fc.oneof(
    fc.record({ ...named, message: textOf(65_536) }),
    fc.record({ ...named, message: textOf(200), media }),
    fc.record({
      ...about,
      location: fc.record({
        latitude: fc.double({ min: -90, max: 90, noNaN: true }),
        longitude: fc.double({ min: -180, max: 180, noNaN: true }),
        name: optional(shortText),
        address: optional(shortText),
      }),
    }),
    fc.record({ ...about, contact: fc.record({ name: shortText, phone_number: number }) }),
  );
};

/** At least one body and one action of each kind that the api accepts, whatever the seed is. */
function examplesOf(
  upload: string,
): [object, { kind: string; target: string; emoji: string; message: string }][] {
  const action = { target: `false_${ANN}_3EB0AA`, emoji: '+', message: 'better' };
  const own = { ...action, target: `true_${ANN}_3EB0AA` };
  return [
    [
      { chat_id: ANN, message: 'x' },
      { ...action, kind: 'reaction' },
    ],
    [
      { chat_id: ANN, media: { upload } },
      { ...own, kind: 'edit' },
    ],
    [
      { chat_id: ANN, location: { latitude: 1, longitude: 2 } },
      { ...action, kind: 'delete' },
    ],
    [
      { chat_id: ANN, contact: { name: 'x', phone_number: '15550000002' } },
      { ...own, kind: 'delete' },
    ],
  ];
}

/** The bodies that the dispatcher sends to the bridge for this message: at first, again, and to look only. */
async function callsFor(world: SendWorld, id: string): Promise<unknown[]> {
  const bodies: unknown[] = [];
  const bridge: Pick<BridgeClient, 'send'> = {
    send: async (body) => {
      bodies.push(JSON.parse(JSON.stringify(body)));
      return { success: true, messageId: 'true_x', chatId: ANN, ack: 1, timestamp: 1 };
    },
  };
  const row = await world.store.read((db) =>
    db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
  );
  const message = toMessage(row);
  const now = Date.now();
  await attempt(bridge, world.store, message, now);
  await attempt(bridge, world.store, { ...message, state: 'sending', dispatchedAt: now - 1 }, now);
  await attempt(bridge, world.store, { ...message, state: 'sending', dispatchedAt: 1, cancelAt: 1 }, now);
  await attempt(bridge, world.store, { ...message, state: 'sending', dispatchedAt: 1 }, now + 9_999 * DAY_MS);
  return bodies;
}

/** Asserts that whatever the api accepts, of so many bodies and actions, is a body that the bridge takes. */
export async function assertBridgeTakes(seed: number, runs: number): Promise<void> {
  const server = createServer((incoming, response) => {
    const type = decodeURIComponent(new URL(incoming.url ?? '', 'http://x').search.slice(1));
    response.writeHead(200, { 'content-type': type }).end('hi');
  });
  const fileUrl = `http://127.0.0.1:${await listen(server, 0, '127.0.0.1')}`;
  await using world = await SendWorld.start(await freshSqlite(), { maxBodyBytes: 1_000_000 });
  const { body: medium } = await request(world.origin)
    .post('/api/whatsapp/media')
    .set(fromGate)
    .set('content-type', 'image/png')
    .send(Buffer.from('hi'));
  const own: string[] = [];
  const accepted = new Map<string, number>();
  const check = async (kind: string, answer: { status: number; body: { id: string } }) => {
    assert.ok(answer.status === 202 || (answer.status >= 400 && answer.status < 500), `${answer.status}`);
    if (answer.status !== 202) return;
    own.push(answer.body.id);
    accepted.set(kind, (accepted.get(kind) ?? 0) + 1);
    for (const body of await callsFor(world, answer.body.id)) {
      const { error } = sendBodySchema.safeParse(body);
      assert.equal(error, undefined, JSON.stringify(body).slice(0, 1_000));
    }
  };
  const send = sends(fileUrl, () => medium.id);
  const action = fc.record({
    kind: fc.constantFrom('reaction', 'edit', 'delete'),
    target: fc.oneof(
      messageId,
      fc.nat().map((index) => own[index % Math.max(1, own.length)] ?? 'none'),
    ),
    emoji: textOf(32),
    message: textOf(65_536),
  });
  const path = (id: string, rest: string) => `/api/whatsapp/messages/${encodeURIComponent(id)}${rest}`;
  try {
    await fc.assert(
      fc.asyncProperty(send, action, async (body, { kind, target, emoji, message }) => {
        const kinds = ['media', 'location', 'contact'].filter((name) => Object.hasOwn(body, name));
        await check(kinds[0] ?? 'text', await world.sendAsync(body));
        if (kind === 'edit') {
          const edit = request(world.origin).patch(path(target, '')).set(fromGate);
          await check(kind, await edit.set('prefer', 'respond-async').send({ message }));
          return;
        }
        const rest = kind === 'reaction' ? '/reaction' : '/revoke';
        const given = kind === 'reaction' ? { emoji } : {};
        await check(kind, await world.post(path(target, rest), given, { prefer: 'respond-async' }));
      }),
      { seed, numRuns: runs, examples: examplesOf(medium.id) },
    );
  } finally {
    await closeServer(server, 0);
  }
  // Or it would prove nothing.
  for (const kind of ['text', 'media', 'location', 'contact', 'reaction', 'edit', 'delete'])
    assert.ok((accepted.get(kind) ?? 0) > 0, `none of ${kind} was accepted`);
}
