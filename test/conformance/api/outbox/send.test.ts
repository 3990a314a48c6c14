import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ANN, SendWorld } from '../../../support/api/outbox/send-world.ts';
import { type ApiSettings, DEFAULTS, fromGate } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const hello = { chat_id: ANN, message: 'Hello' };
const HOUR_MS = 3_600_000;

forEachDatabase((database) => {
  describe(`api on ${database.name}, asked to send`, () => {
    const start = async (settings: ApiSettings = {}) => SendWorld.start(await database.fresh(), settings);

    /** Waits until the one that waits for the outcome has read the message, or tried to. */
    const looks = async (world: SendWorld, id: string) => {
      const read = world.store.read.bind(world.store);
      let reads = 0;
      world.store.read = (query) => {
        reads += 1;
        return read(query);
      };
      await until('the wait looks', () => {
        world.changes.changed(id);
        return reads > 0;
      });
    };

    it('has the message on disk, and answers 200 once the server of WhatsApp has it', async () => {
      await using world = await start();
      const answer = world.send(hello).then((response) => response);
      const row = await world.accepted();
      assert.deepEqual([row.state, row.chat_id, row.kind], ['queued', ANN, 'text']);
      assert.deepEqual(JSON.parse(row.content), { kind: 'text', text: 'Hello' });
      assert.equal(row.expires_at - row.accepted_at, 24 * HOUR_MS);
      const whatsappId = `true_${ANN}_${row.id}`;
      await world.becomes(row.id, { state: 'sending', dispatched_at: Date.now() });
      await world.becomes(row.id, { state: 'sent', sent_at: Date.now(), whatsapp_id: whatsappId });
      const { status, body } = await answer;
      assert.deepEqual(
        [status, body],
        [
          200,
          {
            success: true,
            status: 'sent',
            id: row.id,
            message_id: whatsappId,
            chat_id: ANN,
            person: { phone_number: '15550000001' },
            timestamp: new Date(row.accepted_at).toISOString(),
          },
        ],
      );
      assert.match(row.id, /^3EB0[0-9A-F]{18}$/);
    });

    it('answers 202 with the reason of the wait when that takes longer than SEND_WAIT_MS', async () => {
      await using world = await start({ sendWaitMs: 300 });
      const begun = performance.now();
      const { status, body, headers } = await world.send(hello);
      assert.ok(performance.now() - begun >= 300);
      assert.deepEqual(
        [status, body.success, body.status, body.reason],
        [202, true, 'queued', 'it waits for its turn'],
      );
      const { id } = await world.accepted();
      assert.equal(headers.location, `/api/whatsapp/messages/${id}`);
      assert.equal(body.id, id);
    });

    it('answers with the problem of a message that fails meanwhile, and says which message', async () => {
      await using world = await start();
      const answer = world.send(hello).then((response) => response);
      const { id } = await world.accepted();
      await world.becomes(id, {
        state: 'failed',
        error_code: 'recipient_not_on_whatsapp',
        reason: 'no account',
        ended_at: Date.now(),
      });
      const { status, body, type } = await answer;
      assert.deepEqual([status, type], [422, 'application/problem+json']);
      assert.deepEqual([body.code, body.detail, body.id], ['recipient_not_on_whatsapp', 'no account', id]);
    });

    it('answers at once for Prefer: respond-async, and says that it has', async () => {
      await using world = await start({ sendWaitMs: 60_000 });
      const { status, headers, body } = await world.sendAsync(hello);
      assert.deepEqual([status, headers['preference-applied']], [202, 'respond-async']);
      assert.deepEqual([body.status, body.reason], ['queued', 'it waits for its turn']);
      assert.equal((await world.rows()).length, 1);
    });

    it('waits no longer than the client prefers to', async () => {
      await using world = await start({ sendWaitMs: 600_000 });
      // The test itself ends before SEND_WAIT_MS does.
      const { status, headers } = await world.send(hello, { prefer: 'wait=0' });
      assert.deepEqual([status, headers['preference-applied']], [202, 'wait=0']);
    });

    it('keeps a message for later aside, and does not wait for it', async () => {
      await using world = await start({ sendWaitMs: 60_000 });
      const sendAt = Date.now() + HOUR_MS;
      const { status, body } = await world.send({ ...hello, send_at: new Date(sendAt).toISOString() });
      assert.equal(status, 202);
      assert.match(body.reason, /^it is to be sent at 20/);
      const [row] = await world.rows();
      assert.deepEqual([row?.state, row?.send_at, row?.next_try_at], ['scheduled', sendAt, sendAt]);
      assert.equal(row?.expires_at, sendAt + 24 * HOUR_MS);
    });

    it('sends at once what was to be sent in the past', async () => {
      await using world = await start();
      await world.sendAsync({ ...hello, send_at: '2020-01-01T00:00:00+02:00' });
      assert.equal((await world.rows())[0]?.state, 'queued');
    });

    it('goes on with the message of a client that has gone, and lets go of its wait', async () => {
      await using world = await start({ sendWaitMs: 60_000 });
      const left = httpRequest(`${world.origin}/api/whatsapp/send`, {
        method: 'POST',
        headers: { ...fromGate, 'content-type': 'application/json' },
      });
      left.on('error', () => undefined); // we break it off
      left.end(JSON.stringify(hello));
      const { id } = await world.accepted();
      left.destroy();
      await until('nobody waits', () => world.changes.waiting === 0);
      await world.becomes(id, { state: 'sent' });
      assert.equal((await world.rows())[0]?.state, 'sent');
    });

    it('lets in no more than OUTBOX_MAX_WAITING, and more again when some have gone', async () => {
      await using world = await start({
        outbox: { ...DEFAULTS.outbox, maxWaiting: 3 },
      });
      for (let count = 0; count < 3; count += 1) assert.equal((await world.sendAsync(hello)).status, 202);
      const { status, body, headers } = await world.sendAsync(hello, { 'idempotency-key': 'k' });
      assert.deepEqual([status, body.code], [503, 'outbox_full']);
      assert.match(headers['retry-after'] ?? '', /^\d+$/);
      assert.deepEqual(await world.counts(), { messages: 3, media: 0, keys: 0 });
      const [first] = await world.rows();
      await world.becomes(first?.id ?? '', { state: 'sent' });
      await until('there is room', async () => (await world.sendAsync(hello)).status === 202);
      assert.equal((await world.sendAsync(hello)).body.code, 'outbox_full');
    });

    it('says that a message is accepted when it is, although it cannot be read any more', async () => {
      await using world = await start();
      const answer = world.send(hello).then((response) => response);
      const { id } = await world.accepted();
      await world.store.close();
      await looks(world, id);
      world.changes.stopWaits();
      const { status, body } = await answer;
      assert.deepEqual([status, body.status, body.id], [202, 'queued', id]);
    });

    it('answers with what there is when the kit stops, with the reason of the wait', async () => {
      await using world = await start();
      const answer = world.send(hello).then((response) => response);
      const { id } = await world.accepted();
      await world.becomes(id, { reason: 'the session is qr' });
      await looks(world, id);
      world.changes.stopWaits();
      const { status, body } = await answer;
      assert.deepEqual([status, body.status, body.reason], [202, 'queued', 'the session is qr']);
    });

    it('takes what is sent at once by many as that many messages', async () => {
      await using world = await start();
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, index) => world.sendAsync({ chat_id: ANN, message: `m ${index}` })),
      );
      const ids = answers.map(({ body }) => body.id);
      const rows = await world.rows();
      assert.equal(new Set(ids).size, 30);
      assert.deepEqual(rows.map(({ id }) => id).toSorted(), ids.toSorted());
    });
  });
});
