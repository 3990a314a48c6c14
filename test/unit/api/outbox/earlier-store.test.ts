import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { openSqlite } from '../../../../services/api/store/sqlite.ts';
import type { MessageContent } from '../../../../services/contract/content.ts';
import { closeServer, listen } from '../../../../services/runtime/http/listen.ts';
import { sqliteFolder, sqliteIn } from '../../../support/api/databases.ts';
import { FakeBridge } from '../../../support/api/outbox/fake-bridge.ts';
import { undoPeople } from '../../../support/api/store/earlier-schema.ts';
import { ApiWorld, fromGate } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const HOUR_MS = 3_600_000;
const ANN = '15551234567@c.us';
const LONG_TYPE = `image/${'x'.repeat(200)}`;
/** An id of 220 characters: the id of its chat is longer than any service accepts. */
const LONG_ID = `false_${'1'.repeat(202)}@g.us_3EB0AA`;
const [STUCK = '', BEHIND = '', REACTION = ''] = ['A', 'B', 'C'].map((letter) => `3EB0${letter.repeat(18)}`);

interface OldMessage {
  readonly id: string;
  readonly chatId: string;
  readonly content: MessageContent;
  readonly state: 'queued' | 'sending';
  readonly expiresAt: number;
}

/** Returns a data folder as the first release left it, with these messages in its outbox. */
async function earlierStore(messages: readonly OldMessage[]): Promise<string> {
  const folder = sqliteFolder();
  const engine = await openSqlite(folder);
  const now = Date.now();
  await engine.write(async (db) => {
    for (const { id, chatId, content, state, expiresAt } of messages) {
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
      if (content.kind !== 'media') continue;
      const media = { filename: null, bytes: 2, data: Buffer.from('hi'), created_at: now };
      await db
        .insertInto('media')
        .values({ id: content.media_id, mimetype: LONG_TYPE, message_id: id, ...media })
        .execute();
    }
  });
  await engine.close();
  const file = new BetterSqlite3(join(folder, 'gatehouse.db'));
  for (const statement of undoPeople('sqlite')) file.exec(statement);
  file.exec(`drop index if exists messages_sending;
    delete from kysely_migration where name <> '2026-11-24-first'`);
  const columns = JSON.stringify(file.pragma('table_info(messages)'));
  for (const name of ['cancel_at', 'later_fields'])
    if (columns.includes(`"${name}"`)) file.exec(`alter table messages drop column ${name}`);
  file.close();
  return folder;
}

/** Waits until the api shows the message in one of these states. Returns what it shows. */
function reaches({ origin }: ApiWorld, id: string, ...statuses: string[]) {
  return until(`message ${id} is ${statuses.join(' or ')}`, async () => {
    const answer = await fetch(`${origin}/api/whatsapp/messages/${id}`, { headers: fromGate });
    const view = await answer.json();
    return statuses.includes(view.status) ? view : undefined;
  });
}

async function call({ origin }: ApiWorld, method: string, path: string, body?: object) {
  const answer = await fetch(`${origin}${path}`, {
    method,
    headers: { ...fromGate, 'content-type': 'application/json', prefer: 'respond-async' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: await answer.json() };
}

describe('api, after an upgrade on a store with messages that were stuck', () => {
  it('ends each message that the bridge refuses, by name, sends the next, and accepts no further such message', async () => {
    const expiresAt = Date.now() + HOUR_MS;
    const folder = await earlierStore([
      {
        id: STUCK,
        chatId: ANN,
        content: { kind: 'media', media_id: 'm', mimetype: LONG_TYPE },
        state: 'sending',
        expiresAt,
      },
      { id: BEHIND, chatId: ANN, content: { kind: 'text', text: 'behind' }, state: 'queued', expiresAt },
      {
        id: REACTION,
        chatId: `${'1'.repeat(202)}@g.us`,
        content: { kind: 'reaction', target: LONG_ID, emoji: '+' },
        state: 'sending',
        expiresAt,
      },
    ]);
    const bridge = await new FakeBridge().goUp();
    const server = createServer((_request, response) =>
      response.writeHead(200, { 'content-type': LONG_TYPE }).end('hi'),
    );
    const url = `http://127.0.0.1:${await listen(server, 0, '127.0.0.1')}/a`;
    {
      await using world = await new ApiWorld().start('absent', {
        openStore: sqliteIn(folder),
        bridge: {
          host: '127.0.0.1',
          port: bridge.port,
          sendTimeoutMs: 20_000,
          uploadTimeoutMs: 20_000,
          callTimeoutMs: 20_000,
        },
      });
      for (const [id, field] of [
        [STUCK, 'content.mimetype'],
        [REACTION, 'chatId'],
      ] as const) {
        const failed = await reaches(world, id, 'failed');
        assert.equal(failed.error.code, 'contract_refused');
        assert.ok(failed.reason.includes(field), failed.reason);
      }
      await reaches(world, BEHIND, 'sent');

      const refused = await call(world, 'POST', '/api/whatsapp/send', { chat_id: ANN, media: { url } });
      assert.deepEqual(
        [refused.status, refused.body.code, refused.body.errors[0].field],
        [422, 'media_unusable', 'media.url'],
      );
      const reaction = await call(world, 'POST', `/api/whatsapp/messages/${LONG_ID}/reaction`, {
        emoji: '+',
      });
      assert.deepEqual(
        [reaction.status, reaction.body.code, reaction.body.errors[0].field],
        [400, 'body_invalid', 'id'],
      );
      const next = await call(world, 'POST', '/api/whatsapp/send', { chat_id: ANN, message: 'next' });
      await reaches(world, next.body.id, 'sent');
      assert.deepEqual(bridge.textsOf(ANN), ['behind', 'next']);
    }
    await closeServer(server, 0);
    await bridge.goDown();
  });

  it('without a bridge, ends overdue messages and cancels unsent ones', async () => {
    const expiresAt = Date.now() - HOUR_MS;
    const folder = await earlierStore([
      { id: BEHIND, chatId: ANN, content: { kind: 'text', text: 'over' }, state: 'queued', expiresAt },
    ]);
    await using world = await new ApiWorld().start('absent', { openStore: sqliteIn(folder) });
    const { id: unwanted } = (
      await call(world, 'POST', '/api/whatsapp/send', { chat_id: ANN, message: 'unwanted' })
    ).body;
    const cancel = await call(world, 'DELETE', `/api/whatsapp/messages/${unwanted}`);
    assert.deepEqual([cancel.status, cancel.body], [200, { success: true, status: 'canceled' }]);
    await reaches(world, BEHIND, 'expired');
    const late = await call(world, 'DELETE', `/api/whatsapp/messages/${BEHIND}`);
    assert.deepEqual([late.status, late.body.code], [409, 'message_final']);
    const page = await call(world, 'GET', '/api/events?after=0&types=message_failed&limit=100');
    assert.deepEqual(
      page.body.events
        .map(({ data }: { data: { id: string; status: string } }) => [data.id, data.status])
        .toSorted(),
      [
        [BEHIND, 'expired'],
        [unwanted, 'canceled'],
      ].toSorted(),
    );
  });
});
