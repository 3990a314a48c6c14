import { randomBytes } from 'node:crypto';
import { createBridgeClient } from '../../../../services/api/bridge-client.ts';
import { EventLog } from '../../../../services/api/events/event-log.ts';
import { MessageChanges } from '../../../../services/api/outbox/changes.ts';
import { Dispatcher } from '../../../../services/api/outbox/dispatcher.ts';
import { type Message, toMessage } from '../../../../services/api/outbox/message.ts';
import type { MessageClockOptions } from '../../../../services/api/outbox/message-clock.ts';
import type { PacingSettings } from '../../../../services/api/outbox/pacing.ts';
import { storeContent } from '../../../../services/api/outbox/stored-content.ts';
import { type OpenEngine, Store } from '../../../../services/api/store/store.ts';
import type { MessageContent } from '../../../../services/contract/content.ts';
import type { MessageState } from '../../../../services/contract/message-states.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { until } from '../../until.ts';
import { AMPLE_MS, SECRET } from '../world.ts';
import { FakeBridge } from './fake-bridge.ts';

const DAY_MS = 86_400_000;

export const NO_PACING: PacingSettings = {
  isOn: false,
  gapMs: 0,
  jitterMs: 0,
  perMinute: 1_000,
  firstContactsPerDay: 1_000,
  parkMinutes: 60,
};

/** Times of the outbox clock that a test may shorten. */
export type ClockTimes = Pick<MessageClockOptions, 'lookGraceMs' | 'lookMs'>;

export interface QueueOptions {
  readonly content?: MessageContent;
  readonly state?: MessageState;
  readonly sendAt?: number;
  readonly expiresAt?: number;
  readonly dispatchedAt?: number;
  readonly nextTryAt?: number;
  readonly id?: string;
  readonly account?: string;
}

/** A dispatcher on a real database, before a bridge that behaves as the test says. */
export class OutboxWorld implements AsyncDisposable {
  readonly bridge: FakeBridge;
  readonly logged: string[] = [];
  store: Store;
  dispatcher: Dispatcher;
  changes = new MessageChanges();
  events: EventLog;
  readonly #openStore: OpenEngine;
  readonly #pacing: PacingSettings;
  readonly #clock: ClockTimes;

  private constructor(
    bridge: FakeBridge,
    store: Store,
    openStore: OpenEngine,
    pacing: PacingSettings,
    clock: ClockTimes,
  ) {
    this.bridge = bridge;
    this.store = store;
    this.#openStore = openStore;
    this.#pacing = pacing;
    this.#clock = clock;
    this.events = new EventLog(store);
    this.dispatcher = this.#newDispatcher();
  }

  static async start(
    openStore: OpenEngine,
    pacing = NO_PACING,
    clock: ClockTimes = {},
  ): Promise<OutboxWorld> {
    const bridge = await new FakeBridge().goUp();
    const store = await Store.open(openStore, createLog('api', 'silent'));
    const world = new OutboxWorld(bridge, store, openStore, pacing, clock);
    return world;
  }

  #newDispatcher(): Dispatcher {
    const log = createLog('api', 'debug', { write: (line) => void this.logged.push(line) });
    return new Dispatcher({
      session: 'default',
      outbox: { concurrency: 4, retryMs: 20, retryMaxMs: 200 },
      pacing: this.#pacing,
      store: this.store,
      changes: this.changes,
      events: this.events,
      ...this.#clock,
      bridge: createBridgeClient(
        {
          host: '127.0.0.1',
          port: this.bridge.port,
          sendTimeoutMs: AMPLE_MS,
          uploadTimeoutMs: 0,
          callTimeoutMs: AMPLE_MS,
        },
        SECRET,
        log,
      ),
      log,
    });
  }

  /** The dispatcher of another api on the same database, before the same bridge. The caller closes it. */
  another(): Dispatcher {
    return this.#newDispatcher();
  }

  /** As after a crash: another api on the same database. */
  async restart(): Promise<void> {
    await this.dispatcher.close(0);
    this.events.close();
    await this.store.close();
    this.store = await Store.open(this.#openStore, createLog('api', 'silent'));
    this.events = new EventLog(this.store);
    this.dispatcher = this.#newDispatcher();
  }

  /** Puts a message into the outbox; gives its id. */
  async queue(chatId: string, text: string, options: QueueOptions = {}): Promise<string> {
    const id = options.id ?? `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
    const content = options.content ?? { kind: 'text', text };
    const now = Date.now();
    await this.store.write((db) =>
      db
        .insertInto('messages')
        .values({
          id,
          session: 'default',
          account: options.account ?? null,
          chat_id: chatId,
          kind: content.kind,
          ...storeContent(content),
          state: options.state ?? 'queued',
          accepted_at: now,
          send_at: options.sendAt ?? null,
          expires_at: options.expiresAt ?? now + DAY_MS,
          next_try_at: options.nextTryAt ?? now,
          dispatched_at: options.dispatchedAt ?? null,
        })
        .execute(),
    );
    this.dispatcher.wake();
    return id;
  }

  /** Its time is over now, however long the test took to come here. No try is ever put off beyond that time. */
  async expire(id: string): Promise<void> {
    const now = Date.now();
    await this.store.write((db) =>
      db.updateTable('messages').set({ expires_at: now, next_try_at: now }).where('id', '=', id).execute(),
    );
    this.dispatcher.wake();
  }

  /** Its time to be sent is another. */
  async reschedule(id: string, sendAt: number): Promise<void> {
    await this.store.write((db) =>
      db.updateTable('messages').set({ send_at: sendAt, next_try_at: sendAt }).where('id', '=', id).execute(),
    );
    this.dispatcher.wake();
  }

  async find(id: string): Promise<Message> {
    const row = await this.store.read((db) =>
      db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    );
    return toMessage(row);
  }

  /** Waits until the message is in one of the states. */
  async reaches(id: string, ...states: string[]): Promise<Message> {
    return until(
      `message ${id} is ${states.join(' or ')}`,
      async () => {
        const message = await this.find(id);
        return states.includes(message.state) ? message : undefined;
      },
      { more: () => this.logged.join('') },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispatcher.close(0);
    this.events.close();
    await this.bridge.goDown();
    await this.store.close();
  }
}
