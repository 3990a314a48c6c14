import assert from 'node:assert/strict';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ANN, SendWorld } from '../../../support/api/outbox/send-world.ts';
import { fromGate } from '../../../support/api/world.ts';

const NOTHING = { messages: 0, media: 0, keys: 0 };
const text = (message: string) => ({ chat_id: ANN, message });

forEachDatabase((database) => {
  describe(`api on ${database.name}, given what is hostile`, () => {
    const start = async () => SendWorld.start(await database.fresh());

    /** Sends a body as it stands, with a key, so that a key would be seen too. */
    const raw = async (
      world: SendWorld,
      body: string | Uint8Array<ArrayBuffer>,
      type = 'application/json',
    ) => {
      const response = await fetch(`${world.origin}/api/whatsapp/send`, {
        method: 'POST',
        headers: { ...fromGate, 'content-type': type, 'idempotency-key': 'k', prefer: 'respond-async' },
        body,
      });
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        json: await response.json(),
      };
    };

    for (const [what, body, status, code, field] of [
      ['JSON that ends too early', '{"chat_id":"', 400, 'body_invalid', 'body'],
      ['no JSON', 'chat_id=1', 400, 'body_invalid', 'body'],
      ['a list', '[]', 400, 'body_invalid', 'body'],
      ['100,000 brackets', '['.repeat(100_000), 400, 'body_invalid', 'body'],
      ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), 400, 'body_invalid', 'body'],
      [
        'a body beyond the limit',
        JSON.stringify(text('x'.repeat(200_000))),
        413,
        'body_too_large',
        undefined,
      ],
      ['wrong types', '{"chat_id":1,"message":{}}', 400, 'body_invalid', 'chat_id'],
      ['unknown fields', JSON.stringify({ ...text('x'), mesage: 'x' }), 400, 'body_invalid', 'mesage'],
      ['NUL', JSON.stringify(text('a\0b')), 400, 'body_invalid', 'message'],
      [
        'NUL in a recipient',
        JSON.stringify({ chat_id: '1555\u00000000001@c.us', message: 'x' }),
        422,
        'recipient_invalid',
        'chat_id',
      ],
      [
        'half of a surrogate pair',
        `{"chat_id":"${ANN}","message":"\\ud800"}`,
        400,
        'body_invalid',
        'message',
      ],
      ['too much text', JSON.stringify(text('x'.repeat(65_537))), 400, 'body_invalid', 'message'],
      [
        'a session of somebody else',
        JSON.stringify({ ...text('x'), session: 'other' }),
        400,
        'body_invalid',
        'session',
      ],
      [
        'an end before the start',
        JSON.stringify({ ...text('x'), expires_at: '2020-01-01T00:00:00Z' }),
        400,
        'body_invalid',
        'expires_at',
      ],
      [
        'a start in two years',
        JSON.stringify({ ...text('x'), send_at: new Date(Date.now() + 2 * 366 * 86_400_000) }),
        400,
        'body_invalid',
        'send_at',
      ],
      [
        'an end before a start to come',
        JSON.stringify({
          ...text('x'),
          send_at: new Date(Date.now() + 7_200_000),
          expires_at: new Date(Date.now() + 3_600_000),
        }),
        400,
        'body_invalid',
        'expires_at',
      ],
    ] as const) {
      it(`refuses ${what}, names it, and keeps nothing`, async () => {
        await using world = await start();
        const answer = await raw(world, body);
        assert.deepEqual([answer.status, answer.json.code], [status, code]);
        assert.match(answer.type ?? '', /^application\/problem\+json/);
        assert.equal(answer.json.errors?.[0]?.field, field);
        assert.deepEqual(await world.counts(), NOTHING);
      });
    }

    it('refuses a body of another type', async () => {
      await using world = await start();
      const answer = await raw(world, 'chat_id=1&message=x', 'application/x-www-form-urlencoded');
      assert.deepEqual([answer.status, answer.json.code], [415, 'media_type_unsupported']);
      assert.deepEqual(await world.counts(), NOTHING);
    });

    it('does not answer nonsense with as much nonsense', async () => {
      await using world = await start();
      const body = JSON.stringify(
        Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`field ${index}`, 1])),
      );
      const { status, json } = await raw(world, body);
      assert.equal(status, 400);
      assert.ok(JSON.stringify(json).length < body.length / 2);
    });

    it('takes any text that people write, to the letter', async () => {
      await using world = await start();
      const texts = [
        'x'.repeat(10_000),
        '👍🏽'.repeat(2_500),
        'مرحبا بالعالم \u202e abc \u202c',
        'e\u0301 \u200d \ufeff \u2028 \ufffd \u0001',
        "<script>alert(1)</script> '; drop table messages; -- {{y}} %s \\u0000",
        '👨‍👩‍👧‍👦',
        '\u{10ffff}',
        ' \n\t ',
      ];
      for (const message of texts) assert.equal((await world.sendAsync(text(message))).status, 202);
      const stored = (await world.rows()).map(({ content }) => JSON.parse(content).text);
      assert.deepEqual(stored, texts);
      const { body } = await world.get('/api/whatsapp/messages?order=asc');
      assert.deepEqual(
        body.messages.map(({ message }: { message: string }) => message),
        texts,
      );
    });

    it('takes no id that is none to the database', async () => {
      await using world = await start();
      for (const id of ['%00', '%ED%A0%80', "'%20or%201=1", '..%2f', 'x'.repeat(300), '%F0%9F%91%8D'])
        for (const path of [`/api/whatsapp/messages/${id}`]) {
          const { status, body } = await world.get(path);
          assert.ok([400, 404].includes(status), `${id}: ${status}`);
          assert.ok(['not_found', 'request_malformed'].includes(body.code));
        }
      assert.deepEqual(world.logged, []);
    });
  });
});
