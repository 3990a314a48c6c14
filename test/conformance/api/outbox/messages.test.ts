import assert from 'node:assert/strict';
import { readMessages } from '../../../../services/api/messages/message-page.ts';
import { messageQuerySchema } from '../../../../services/api/messages/message-query.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ANN, SendWorld } from '../../../support/api/outbox/send-world.ts';

const BOB = '15550000002@c.us';

interface Page {
  readonly messages: readonly { id: string; message: string; status: string }[];
  readonly next?: string;
}

forEachDatabase((database) => {
  const start = async () => SendWorld.start(await database.fresh());
  const sendText = async (world: SendWorld, chat_id: string, message: string): Promise<string> =>
    (await world.sendAsync({ chat_id, message })).body.id;

  describe(`message on ${database.name}, looked at`, () => {
    it('tells when each hop had it, and nothing that is not known', async () => {
      await using world = await start();
      const id = await sendText(world, ANN, 'Hello');
      const path = `/api/whatsapp/messages/${id}`;
      const { body: queued } = await world.get(path);
      const [row] = await world.rows();
      const iso = (ms = 0) => new Date(ms).toISOString();
      const always = {
        id,
        chat_id: ANN,
        person: { phone_number: '15550000001' },
        session: 'default',
        kind: 'text',
        message: 'Hello',
        accepted_at: iso(row?.accepted_at),
        expires_at: iso(row?.expires_at),
      };
      assert.deepEqual(queued, { ...always, status: 'queued', attempts: 0, reason: 'it waits for its turn' });
      await world.becomes(id, {
        state: 'played',
        attempts: 1,
        dispatched_at: 1_000,
        sent_at: 2_000,
        delivered_at: 3_000,
        read_at: 4_000,
        played_at: 5_000,
        whatsapp_id: `true_${ANN}_${id}`,
      });
      const played = {
        ...always,
        message_id: `true_${ANN}_${id}`,
        status: 'played',
        attempts: 1,
        dispatched_at: iso(1_000),
        server_ack_at: iso(2_000),
        delivered_at: iso(3_000),
        read_at: iso(4_000),
        played_at: iso(5_000),
      };
      assert.deepEqual((await world.get(path)).body, played);
      assert.deepEqual((await world.get(`/api/whatsapp/messages/true_${ANN}_${id}`)).body, played);
    });

    it('says why it waits and until when, or why it ended and what to do', async () => {
      await using world = await start();
      const id = await sendText(world, ANN, 'Hello');
      const view = async () => (await world.get(`/api/whatsapp/messages/${id}`)).body;
      const later = Date.now() + 60_000;
      await world.becomes(id, { reason: 'the page threw', attempts: 2, next_try_at: later });
      const waiting = await view();
      assert.deepEqual(
        [waiting.reason, waiting.next_try_at],
        ['the page threw', new Date(later).toISOString()],
      );
      await world.becomes(id, { state: 'sending', reason: null });
      assert.deepEqual([(await view()).status, (await view()).reason], ['sending', 'it is being sent']);
      await world.becomes(id, { state: 'failed', error_code: 'send_refused', reason: 'no', ended_at: 6_000 });
      const failed = await view();
      assert.deepEqual(
        [failed.status, failed.reason, failed.error.code, failed.ended_at, failed.next_try_at],
        ['failed', 'no', 'send_refused', '1970-01-01T00:00:06.000Z', undefined],
      );
      assert.ok(failed.error.title && failed.error.remedy);
    });

    it('shows what is in it, of a medium all but its bytes', async () => {
      await using world = await start();
      const at = new Date(Date.now() + 3_600_000).toISOString();
      const data = Buffer.from('hi').toString('base64');
      for (const content of [
        { message: '@1', mentions: [BOB], reply_to: '3EB0AA', send_at: at },
        { message: 'caption', media: { data, mimetype: 'text/plain', filename: 'a.txt', as_document: true } },
        { location: { latitude: 1, longitude: 2, name: 'x' } },
        { contact: { name: 'Bob', phone_number: '15550000002' } },
      ]) {
        const { body } = await world.sendAsync({ chat_id: ANN, ...content });
        const { body: shown } = await world.get(`/api/whatsapp/messages/${body.id}`);
        const { media, ...rest } = content;
        assert.deepEqual(Object.fromEntries(Object.keys(rest).map((key) => [key, shown[key]])), rest);
        if (media !== undefined) {
          const { data: _data, ...about } = media;
          assert.deepEqual(shown.media, about);
        }
        assert.ok(!JSON.stringify(shown).includes(data));
      }
    });

    it('is not found under an id that nobody gave', async () => {
      await using world = await start();
      for (const id of ['3EB0FFFFFFFFFFFFFFFFFF', `true_${ANN}_3EB0FFFFFFFFFFFFFFFFFF`, 'x']) {
        const { status, body } = await world.get(`/api/whatsapp/messages/${id}`);
        assert.deepEqual([status, body.code], [404, 'not_found']);
      }
    });
  });

  describe(`messages on ${database.name}, listed`, () => {
    const pages = async (world: SendWorld, query: string, from?: string): Promise<string[][]> => {
      const found: string[][] = [];
      for (let next = from; found.length < 50; ) {
        const after = next === undefined ? '' : `&after=${next}`;
        const { status, body }: { status: number; body: Page } = await world.get(
          `/api/whatsapp/messages?${query}${after}`,
        );
        assert.equal(status, 200, JSON.stringify(body));
        found.push(body.messages.map(({ message }) => message));
        next = body.next;
        if (next === undefined) break;
      }
      return found;
    };

    it('come newest first, by pages, each of them once, whatever comes in meanwhile', async () => {
      await using world = await start();
      for (let count = 1; count <= 5; count += 1) await sendText(world, ANN, `m${count}`);
      const { body: first }: { body: Page } = await world.get('/api/whatsapp/messages?limit=2');
      await sendText(world, ANN, 'm6');
      assert.deepEqual(
        first.messages.map(({ message }) => message),
        ['m5', 'm4'],
      );
      assert.deepEqual(await pages(world, 'limit=2', first.next), [['m3', 'm2'], ['m1']]);
      assert.deepEqual(await pages(world, 'limit=4&order=asc'), [
        ['m1', 'm2', 'm3', 'm4'],
        ['m5', 'm6'],
      ]);
      assert.deepEqual(await pages(world, 'limit=3'), [
        ['m6', 'm5', 'm4'],
        ['m3', 'm2', 'm1'],
      ]);
    });

    it('are filtered by chat, status and kind, alone and together', async () => {
      await using world = await start();
      const id = await sendText(world, ANN, 'sent to Ann');
      await world.becomes(id, { state: 'sent' });
      await sendText(world, BOB, 'to Bob');
      const later = new Date(Date.now() + 3_600_000).toISOString();
      await world.sendAsync({ chat_id: ANN, message: 'later', send_at: later });
      await sendText(world, ANN, 'to Ann');
      await world.sendAsync({
        chat_id: ANN,
        media: { data: 'aGk=', mimetype: 'text/plain' },
        message: 'file',
      });
      const list = async (query: string) => (await pages(world, `order=asc&${query}`)).flat();
      assert.deepEqual(await list('chat_id=%2B1%20555%20000%200002'), ['to Bob']);
      assert.deepEqual(await list('status=sent'), ['sent to Ann']);
      assert.deepEqual(await list('status=queued'), ['to Bob', 'later', 'to Ann', 'file']);
      assert.deepEqual(await pages(world, 'status=queued&limit=2'), [
        ['file', 'to Ann'],
        ['later', 'to Bob'],
      ]);
      assert.deepEqual(await list('kind=media'), ['file']);
      assert.deepEqual(await list(`chat_id=${ANN}&status=queued&kind=text`), ['later', 'to Ann']);
      assert.deepEqual(await list(`chat_id=${BOB}&status=failed`), []);
    });

    it('of which filters leave little come with a next page, rather than late', async () => {
      await using world = await start();
      for (let count = 0; count < 12; count += 1) await sendText(world, ANN, `m${count}`);
      const [first, ...rest] = await world.rows();
      await world.becomes(first?.id ?? '', { state: 'failed' });
      assert.equal(rest.length, 11);
      const query = messageQuerySchema.parse({ chat_id: ANN, status: 'failed' });
      const seen: number[] = [];
      let after: number | undefined;
      for (let turn = 0; turn < 10; turn += 1) {
        const page = await world.store.read((db, dialect) =>
          readMessages(db, dialect, 'default', { ...query, after }, 5),
        );
        seen.push(page.messages.length);
        after = page.next;
        if (after === undefined) break;
      }
      assert.deepEqual(seen, [0, 0, 1]);
    });

    it('are refused to a query that is wrong, which is named', async () => {
      await using world = await start();
      for (const [query, field] of [
        ['limit=0', 'limit'],
        ['limit=1000', 'limit'],
        ['after=x', 'after'],
        ['after=', 'after'],
        ['order=up', 'order'],
        ['status=scheduled', 'status'],
        ['kind=poll', 'kind'],
        ['chat_id=nobody', 'chat_id'],
        ['chat=x', 'chat'],
        ['status=sent&status=read', 'status'],
      ] as const) {
        const { status, body } = await world.get(`/api/whatsapp/messages?${query}`);
        assert.deepEqual([status, body.code, body.errors?.[0]?.field], [400, 'query_invalid', field], query);
      }
    });
  });
});
