import { randomUUID } from 'node:crypto';
import { runRetention } from '../../../../services/api/store/retention/retention.ts';
import { type Engine, Store } from '../../../../services/api/store/store.ts';
import type { MessageState } from '../../../../services/contract/message-states.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import type { TestDatabase } from '../databases.ts';

export const DAY_MS = 86_400_000;
/** Any moment: the clock is the test's. */
export const NOW = Date.UTC(2030, 0, 1);
export const daysAgo = (days: number) => NOW - days * DAY_MS;
export const LIMITS = { eventsKeepDays: 30, messagesKeepDays: 90, maxBytes: 1024 ** 4 };
const CHAT = '15550000001@c.us';

/** A store to fill and to tidy up. */
export class Shelf implements AsyncDisposable {
  readonly logged: string[] = [];
  /** Transactions so far. */
  writes = 0;
  readonly store: Store;

  private constructor(store: Store) {
    this.store = store;
  }

  static async open(database: Pick<TestDatabase, 'fresh'>): Promise<Shelf> {
    const open = await database.fresh();
    let shelf: Shelf | undefined;
    const counting = async (): Promise<Engine> => {
      const engine = await open();
      const write = engine.write.bind(engine);
      engine.write = (task) => {
        if (shelf !== undefined) shelf.writes += 1;
        return write(task);
      };
      return engine;
    };
    shelf = new Shelf(await Store.open(counting, createLog('api', 'silent')));
    return shelf;
  }

  async tidyUp(limits: Partial<typeof LIMITS> = {}, knowsAges = true): Promise<void> {
    const log = createLog('api', 'warn', { write: (line) => void this.logged.push(line) });
    const round = { store: this.store, log, now: NOW, isOver: () => false };
    await runRetention(round, { ...LIMITS, ...limits }, knowsAges);
  }

  events(count: number, storedAt: number, text = 'x'): Promise<unknown> {
    const event = () => ({
      session: 'default',
      key: randomUUID(),
      type: 'state',
      whatsapp_id: null,
      at: new Date(storedAt).toISOString(),
      data: JSON.stringify({ state: text }),
      stored_at: storedAt,
    });
    return this.store.write(async (db) => {
      for (const rows of inParts(Array.from({ length: count }, event)))
        await db.insertInto('events').values(rows).execute();
    });
  }

  async messages(
    count: number,
    state: MessageState,
    at: { accepted: number; sent?: number; ended?: number },
    text = 'x',
  ): Promise<string[]> {
    const messages = Array.from({ length: count }, () => ({
      id: randomUUID(),
      session: 'default',
      chat_id: CHAT,
      kind: 'text',
      content: JSON.stringify({ kind: 'text', text }),
      state,
      accepted_at: at.accepted,
      sent_at: at.sent ?? null,
      ended_at: at.ended ?? null,
      expires_at: NOW + DAY_MS,
      next_try_at: 0,
    }));
    await this.store.write(async (db) => {
      for (const rows of inParts(messages)) await db.insertInto('messages').values(rows).execute();
    });
    return messages.map(({ id }) => id);
  }

  medium(
    id: string,
    createdAt: number,
    messageId: string | null,
    data: Buffer = Buffer.alloc(10),
  ): Promise<unknown> {
    return this.store.write((db) =>
      db
        .insertInto('media')
        .values({
          id,
          mimetype: 'image/png',
          filename: null,
          bytes: data.length,
          data,
          created_at: createdAt,
          message_id: messageId,
        })
        .execute(),
    );
  }

  webhook(
    id: string,
    cursor: number,
    status = 'active',
    types: readonly string[] | null = null,
  ): Promise<unknown> {
    return this.store.write((db) =>
      db
        .insertInto('webhooks')
        .values({
          id,
          url: 'https://receiver.example',
          types: types === null ? null : JSON.stringify(types),
          secrets: '[]',
          status,
          reason: null,
          created_at: NOW,
          cursor,
          attempts: 0,
          first_tried_at: null,
          next_try_at: 0,
          last_error: null,
          delivered_at: null,
        })
        .execute(),
    );
  }

  async seqs(): Promise<number[]> {
    const rows = await this.store.read((db) =>
      db.selectFrom('events').select('seq').orderBy('seq').execute(),
    );
    return rows.map(({ seq }) => seq);
  }

  async ids(table: 'messages' | 'media'): Promise<string[]> {
    const rows = await this.store.read((db) => db.selectFrom(table).select('id').orderBy('id').execute());
    return rows.map(({ id }) => id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}

/** Each part makes one statement. SQLite takes at most 32,766 values in one. */
function inParts<T>(rows: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / PART_ROWS) }, (_, part) =>
    rows.slice(part * PART_ROWS, (part + 1) * PART_ROWS),
  );
}

const PART_ROWS = 100;
