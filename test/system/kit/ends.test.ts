import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { openSqlite } from '../../../services/api/store/sqlite.ts';
import type { MessageContent } from '../../../services/contract/content.ts';
import { closeServer, listen } from '../../../services/runtime/http/listen.ts';
import { type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';

const HOUR_MS = 3_600_000;
const ANN = '15551234567@c.us';
const LONG_TYPE = `image/${'x'.repeat(200)}`;
/** An id of 220 characters: that of its chat has more than any service takes. */
const LONG_ID = `false_${'1'.repeat(202)}@g.us_3EB0AA`;

interface OldMessage {
  readonly id: string;
  readonly chatId: string;
  readonly content: MessageContent;
  readonly state: 'queued' | 'sending';
  readonly expiresAt: number;
}

/** A data folder as an earlier release has left it, with these messages in its outbox. */
async function oldStore(messages: readonly OldMessage[]): Promise<Disposable & { dataDir: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-kit-'));
  const folder = join(dataDir, 'sandbox');
  mkdirSync(folder);
  const engine = await openSqlite(folder);
  const now = Date.now();
  await engine.write(async (db) => {
    for (const { id, chatId, content, state, expiresAt } of messages)
      await db
        .insertInto('messages')
        .values({
          id,
          session: 'default',
          chat_id: chatId,
          kind: content.kind,
          content: JSON.stringify(content),
          state,
          attempts: state === 'sending' ? 40 : 0,
          accepted_at: now - HOUR_MS,
          expires_at: expiresAt,
          next_try_at: now,
          dispatched_at: state === 'sending' ? now - HOUR_MS : null,
        })
        .execute();
    const media = { filename: null, bytes: 2, data: Buffer.from('hi'), created_at: now };
    const of = messages.find(({ content }) => content.kind === 'media');
    if (of?.content.kind === 'media')
      await db
        .insertInto('media')
        .values({ id: of.content.media_id, mimetype: LONG_TYPE, message_id: of.id, ...media })
        .execute();
  });
  await engine.close();
  const file = new BetterSqlite3(join(folder, 'gatehouse.db'));
  file.exec(`drop index if exists messages_sending;
    delete from kysely_migration where name <> '2026-11-24-first'`);
  const columns = JSON.stringify(file.pragma('table_info(messages)'));
  for (const name of ['cancel_at', 'later_fields'])
    if (columns.includes(`"${name}"`)) file.exec(`alter table messages drop column ${name}`);
  file.close();
  return {
    dataDir,
    [Symbol.dispose]: () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }),
  };
}

async function viewOf(kit: Kit, id: string) {
  return (await fetch(`${kit.origin}/api/whatsapp/messages/${id}`)).json();
}

/** A message that was sent may have come further when somebody looks. */
const AFTER: Readonly<Record<string, readonly string[]>> = { sent: ['delivered', 'read'] };

function reaches(kit: Kit, id: string, status: string) {
  return kit.until(`message ${id} is ${status}`, async () => {
    const view = await viewOf(kit, id);
    return view.status === status || AFTER[status]?.includes(view.status) ? view : undefined;
  });
}

describe('kit, after an upgrade on a store with messages that were stuck', function () {
  this.timeout(120_000);

  it('ends each message that the bridge refuses, by name, sends the next, and accepts no further such message', async () => {
    const expiresAt = Date.now() + HOUR_MS;
    const stuck = `3EB0${'A'.repeat(18)}`;
    const behind = `3EB0${'B'.repeat(18)}`;
    const reaction = `3EB0${'C'.repeat(18)}`;
    using store = await oldStore([
      {
        id: stuck,
        chatId: ANN,
        content: { kind: 'media', media_id: 'm', mimetype: LONG_TYPE },
        state: 'sending',
        expiresAt,
      },
      { id: behind, chatId: ANN, content: { kind: 'text', text: 'behind' }, state: 'queued', expiresAt },
      {
        id: reaction,
        chatId: `${'1'.repeat(202)}@g.us`,
        content: { kind: 'reaction', target: LONG_ID, emoji: '+' },
        state: 'sending',
        expiresAt,
      },
    ]);
    const server = createServer((_request, response) =>
      response.writeHead(200, { 'content-type': LONG_TYPE }).end('hi'),
    );
    const url = `http://127.0.0.1:${await listen(server, 0, '127.0.0.1')}/a`;
    await using kit = await startKit({
      dataDir: store.dataDir,
      env: { OUTBOUND_ALLOW_NETWORKS: '127.0.0.0/8' },
    });
    await kit.ready();
    for (const [id, field] of [
      [stuck, 'content.mimetype'],
      [reaction, 'chatId'],
    ] as const) {
      const failed = await reaches(kit, id, 'failed');
      assert.equal(failed.error.code, 'contract_refused');
      assert.ok(failed.reason.includes(field), failed.reason);
    }
    await reaches(kit, behind, 'sent');
    assert.ok((await kit.received()).some(({ body }) => body === 'behind'));

    const refused = await kit.post('/api/whatsapp/send', { chat_id: ANN, media: { url } });
    await closeServer(server, 0);
    const problem = await refused.json();
    assert.deepEqual(
      [refused.status, problem.code, problem.errors[0].field],
      [422, 'media_unusable', 'media.url'],
    );
    const react = await kit.post(`/api/whatsapp/messages/${LONG_ID}/reaction`, { emoji: '+' });
    const told = await react.json();
    assert.deepEqual([react.status, told.code, told.errors[0].field], [400, 'body_invalid', 'id']);
    const sent = await kit.post('/api/whatsapp/send', { chat_id: ANN, message: 'next' });
    assert.equal(sent.status, 200, await sent.text());
  });

  it('without WhatsApp, ends overdue messages and cancels unsent ones', async () => {
    const open = `3EB0${'A'.repeat(18)}`;
    const content = { kind: 'text', text: 'open' } as const;
    using store = await oldStore([
      { id: open, chatId: ANN, content, state: 'sending', expiresAt: Date.now() - HOUR_MS },
    ]);
    await using kit = await startKit({ dataDir: store.dataDir, env: NO_BROWSER });
    await kit.up();
    const send = async (body: object): Promise<string> =>
      (
        await (
          await kit.post('/api/whatsapp/send', { chat_id: ANN, ...body }, { prefer: 'respond-async' })
        ).json()
      ).id;
    const over = await send({ message: 'over', expires_at: new Date(Date.now() + 8_000) });
    const unwanted = await send({ message: 'unwanted' });
    const cancel = await fetch(`${kit.origin}/api/whatsapp/messages/${unwanted}`, { method: 'DELETE' });
    assert.deepEqual([cancel.status, await cancel.json()], [200, { success: true, status: 'canceled' }]);
    await reaches(kit, over, 'expired');
    const unknown = await reaches(kit, open, 'failed');
    assert.equal(unknown.error.code, 'outcome_unknown');
    assert.match(unknown.reason, /look at the chat on the phone/);
    const late = await fetch(`${kit.origin}/api/whatsapp/messages/${open}`, { method: 'DELETE' });
    assert.deepEqual([late.status, (await late.json()).code], [409, 'message_final']);
    const page = await fetch(`${kit.origin}/api/events?after=0&types=message_failed&limit=100`);
    const { events } = await page.json();
    assert.deepEqual(
      events.map(({ data }: { data: { id: string; status: string } }) => [data.id, data.status]).toSorted(),
      [
        [open, 'failed'],
        [over, 'expired'],
        [unwanted, 'canceled'],
      ].toSorted(),
    );
  });
});
