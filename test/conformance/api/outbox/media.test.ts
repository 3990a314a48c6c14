import assert from 'node:assert/strict';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import request from 'supertest';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ANN, SendWorld } from '../../../support/api/outbox/send-world.ts';
import { type ApiSettings, DEFAULTS, fromGate } from '../../../support/api/world.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const DAY_MS = 86_400_000;
const NOTHING = { messages: 0, media: 0, keys: 0 };
const small: ApiSettings = {
  outbox: {
    ...DEFAULTS.outbox,
    mediaMaxBytes: 1_000,
    mediaTypes: ['image/*', 'audio/ogg', 'application/pdf'],
  },
};

function upload(world: SendWorld, body: Buffer, type: string, query = ''): request.Test {
  return request(world.origin)
    .post(`/api/whatsapp/media${query}`)
    .set(fromGate)
    .set('content-type', type)
    .send(body);
}

forEachDatabase((database) => {
  const start = async (settings = small) => SendWorld.start(await database.fresh(), settings);
  const media = (world: SendWorld) =>
    world.store.read((db) => db.selectFrom('media').selectAll().orderBy('created_at').execute());

  describe(`api on ${database.name}, given a file`, () => {
    it('keeps it with its type and name, and sends it by its id, as often as wanted', async () => {
      await using world = await start();
      const { status, body } = await upload(world, PNG, 'image/png', '?filename=caf%C3%A9.png');
      assert.equal(status, 201);
      assert.deepEqual(body, { id: body.id, bytes: PNG.length, mimetype: 'image/png', filename: 'café.png' });
      for (const message of ['first', 'second']) {
        const sent = await world.sendAsync({ chat_id: ANN, media: { upload: body.id }, message });
        assert.equal(sent.status, 202, JSON.stringify(sent.body));
      }
      const [loose, ...copies] = await media(world);
      assert.deepEqual([loose?.id, loose?.message_id, loose?.filename], [body.id, null, 'café.png']);
      const rows = await world.rows();
      for (const [index, copy] of copies.entries()) {
        assert.deepEqual(
          [copy.data, copy.mimetype, copy.filename, copy.bytes],
          [PNG, 'image/png', 'café.png', 16],
        );
        assert.ok(rows.some(({ id }) => id === copy.message_id));
        assert.equal(JSON.parse(rows[index]?.content ?? '').kind, 'media');
      }
      assert.deepEqual(
        rows.map(({ content }) => JSON.parse(content).media_id).toSorted(),
        copies.map(({ id }) => id).toSorted(),
      );
      assert.deepEqual(
        rows.map(({ content }) => JSON.parse(content).caption),
        ['first', 'second'],
      );
    });

    it('takes its name from Content-Disposition, in either form', async () => {
      await using world = await start();
      const named = async (disposition: string) =>
        (await upload(world, PNG, 'image/png').set('content-disposition', disposition)).body.filename;
      assert.equal(await named('attachment; filename="a b.png"'), 'a b.png');
      assert.equal(await named('attachment; filename=a.png'), 'a.png');
      assert.equal(await named(`attachment; filename="x.png"; filename*=UTF-8''%E2%82%AC.png`), '€.png');
      assert.equal(await named('attachment'), undefined);
      const { status, body } = await upload(world, PNG, 'image/png').set(
        'content-disposition',
        'a; filename="../x"',
      );
      assert.deepEqual([status, body.code], [400, 'header_invalid']);
    });

    it('refuses one that is too large, by its length or as it comes, and takes the next request', async () => {
      await using world = await start();
      const { status, body } = await upload(world, Buffer.alloc(1_001), 'image/png');
      assert.deepEqual([status, body.code, body.errors[0].field], [413, 'media_too_large', 'body']);
      const chunked = await new Promise<IncomingMessage>((resolve, reject) => {
        const asked = httpRequest(`${world.origin}/api/whatsapp/media`, {
          method: 'POST',
          headers: { ...fromGate, 'content-type': 'image/png', 'transfer-encoding': 'chunked' },
        });
        asked.on('response', (response) => resolve(response.resume())).on('error', reject);
        for (let count = 0; count < 50; count += 1) asked.write(Buffer.alloc(100));
        asked.end();
      });
      assert.equal(chunked.statusCode, 413);
      assert.equal((await upload(world, Buffer.alloc(1_000, 1), 'image/png')).status, 201);
      assert.equal((await media(world)).length, 1);
    });

    it('refuses one that is empty, of no type, of a type that is none, or not among MEDIA_TYPES', async () => {
      await using world = await start();
      const code = async (body: Buffer, type: string) => (await upload(world, body, type)).body.code;
      assert.equal(await code(Buffer.alloc(0), 'image/png'), 'media_unusable');
      assert.equal(await code(PNG, 'png'), 'header_invalid');
      assert.equal(await code(PNG, 'text/html'), 'media_unusable');
      assert.equal(await code(PNG, 'audio/mpeg'), 'media_unusable');
      const untyped = await fetch(`${world.origin}/api/whatsapp/media`, {
        method: 'POST',
        headers: fromGate,
        body: new Uint8Array(PNG),
      });
      assert.equal(untyped.status, 400);
      assert.equal((await upload(world, PNG, 'image/png', '?name=x')).body.code, 'query_invalid');
      assert.deepEqual(await world.counts(), NOTHING);
      assert.equal((await upload(world, PNG, 'Audio/OGG; codecs=opus')).status, 201);
    });

    it('keeps nothing of one that breaks off', async () => {
      await using world = await start();
      const asked = httpRequest(`${world.origin}/api/whatsapp/media`, {
        method: 'POST',
        headers: { ...fromGate, 'content-type': 'image/png', 'content-length': 900 },
      });
      asked.on('error', () => undefined); // we break it off
      asked.write(PNG, () => asked.destroy());
      await new Promise((resolve) => asked.once('close', resolve));
      assert.equal((await upload(world, PNG, 'image/png')).status, 201);
      assert.equal((await media(world)).length, 1);
      assert.deepEqual(world.logged, []);
    });

    it('forgets it after 24 hours', async () => {
      await using world = await start();
      const { body } = await upload(world, PNG, 'image/png');
      await world.store.write((db) =>
        db
          .updateTable('media')
          .set({ created_at: Date.now() - DAY_MS - 1 })
          .execute(),
      );
      const sent = await world.sendAsync({ chat_id: ANN, media: { upload: body.id } });
      assert.deepEqual(
        [sent.status, sent.body.code, sent.body.errors[0].field],
        [422, 'media_unusable', 'media.upload'],
      );
    });

    it('does not take the medium of another message for an upload', async () => {
      await using world = await start();
      await world.sendAsync({ chat_id: ANN, media: { data: 'aGk=', mimetype: 'image/png' } });
      const [used] = await media(world);
      const sent = await world.sendAsync({ chat_id: ANN, media: { upload: used?.id } });
      assert.equal(sent.body.code, 'media_unusable');
    });
  });

  describe(`api on ${database.name}, given a file within the body`, () => {
    it('keeps its bytes with the message', async () => {
      await using world = await start();
      const { status, body } = await world.sendAsync({
        chat_id: ANN,
        media: { data: PNG.toString('base64'), mimetype: 'image/png', filename: 'a.png', as_document: true },
        message: 'Look',
        reply_to: '3EB0AA',
      });
      assert.equal(status, 202);
      const [row] = await media(world);
      assert.deepEqual([row?.data, row?.message_id, row?.filename], [PNG, body.id, 'a.png']);
      assert.deepEqual(JSON.parse((await world.rows())[0]?.content ?? ''), {
        kind: 'media',
        media_id: row?.id,
        mimetype: 'image/png',
        filename: 'a.png',
        caption: 'Look',
        as_document: true,
        reply_to: '3EB0AA',
      });
    });

    it('refuses one that is too large, or not of MEDIA_TYPES, or no voice, and keeps nothing', async () => {
      await using world = await start();
      const refused = async (bytes: number, mimetype: string, more = {}) => {
        const data = Buffer.alloc(bytes, 1).toString('base64');
        const { body } = await world.sendAsync(
          { chat_id: ANN, media: { data, mimetype, ...more } },
          { 'idempotency-key': 'k' },
        );
        return [body.code, body.errors?.[0]?.field];
      };
      assert.deepEqual(await refused(1_001, 'image/png'), ['media_too_large', 'media.data']);
      assert.deepEqual(await refused(10, 'text/html'), ['media_unusable', 'media.data']);
      assert.deepEqual(await refused(10, 'image/png', { as_voice: true }), [
        'body_invalid',
        'media.as_voice',
      ]);
      assert.deepEqual(await world.counts(), NOTHING);
      assert.deepEqual(await refused(10, 'audio/ogg; codecs=opus', { as_voice: true }), [
        undefined,
        undefined,
      ]);
    });
  });
});
