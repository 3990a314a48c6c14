import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import request from 'supertest';
import { EventLog } from '../../../../services/api/events/event-log.ts';
import { appendEvents } from '../../../../services/api/events/log-writer.ts';
import type { Resolve } from '../../../../services/api/outbound/dns-answer.ts';
import { resolversFor } from '../../../../services/api/outbound/purposes.ts';
import { type OpenEngine, Store } from '../../../../services/api/store/store.ts';
import { Deliverer } from '../../../../services/api/webhooks/deliverer.ts';
import { webhookRoutes } from '../../../../services/api/webhooks/webhook-routes.ts';
import type { BridgeEvent } from '../../../../services/contract/events.ts';
import { createInternalServer } from '../../../../services/runtime/http/internal-server.ts';
import { closeServer, listen } from '../../../../services/runtime/http/listen.ts';
import { answerProblem, answerUnknown } from '../../../../services/runtime/http/problem-answers.ts';
import { readJson } from '../../../../services/runtime/http/request-validation.ts';
import { createServiceApp } from '../../../../services/runtime/http/service-app.ts';
import { createLog, type Log } from '../../../../services/runtime/log.ts';
import { until } from '../../until.ts';
import { AMPLE_MS } from '../world.ts';

export interface WorldOptions {
  /** The resolver of the product unless given. */
  readonly resolve?: Resolve;
  readonly allowNetworks?: string[];
  readonly timeoutMs?: number;
  readonly retryMs?: number;
  readonly retryHours?: number;
  readonly most?: number;
}

/** The webhooks of an api, on a real database, with a clock that the test may move. */
export class WebhookWorld implements AsyncDisposable {
  readonly logged: string[] = [];
  /** Added to the system's clock. */
  clockOffsetMs = 0;
  /** Of each delivery that begins from now on. */
  timeoutMs: number;
  store: Store;
  events: EventLog;
  deliverer: Deliverer;
  readonly #open: OpenEngine;
  readonly #options: WorldOptions;
  readonly #log: Log;
  readonly #settings;
  #server: Server | undefined;
  #origin = '';

  private constructor(store: Store, open: OpenEngine, options: WorldOptions) {
    this.store = store;
    this.#open = open;
    this.#options = options;
    this.#log = createLog('api', 'debug', { write: (line) => void this.logged.push(line) });
    const { most = 10, timeoutMs = AMPLE_MS, retryMs = 20, retryHours = 72 } = options;
    const { allowNetworks = ['127.0.0.0/8'] } = options;
    this.timeoutMs = timeoutMs;
    const timeout = () => this.timeoutMs;
    this.#settings = {
      most,
      retryMs,
      retryHours,
      allowNetworks,
      get timeoutMs() {
        return timeout();
      },
    };
    this.events = new EventLog(store);
    this.deliverer = this.#newDeliverer();
  }

  static async start(open: OpenEngine, options: WorldOptions = {}): Promise<WebhookWorld> {
    const world = new WebhookWorld(await Store.open(open, createLog('api', 'silent')), open, options);
    await world.#serve();
    return world;
  }

  /** Ends the api in order, and starts another on the same database. */
  async restart(graceMs = 0, meanwhile: () => Promise<void> | void = () => undefined): Promise<void> {
    await this.close(graceMs);
    await meanwhile();
    this.store = await Store.open(this.#open, createLog('api', 'silent'));
    this.events = new EventLog(this.store);
    this.deliverer = this.#newDeliverer();
    await this.#serve();
  }

  /** A call of `/api/webhooks` and below. Fails unless the status is the one given. */
  async call(
    method: 'get' | 'post' | 'patch' | 'delete',
    path: string,
    status: number,
    body?: object,
  ): Promise<request.Response> {
    const asked = request(this.#origin)[method](`/api/webhooks${path}`);
    const answer = await (body === undefined ? asked : asked.send(body));
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer;
  }

  /** Creates a webhook; gives its id and secret. */
  async create(url: string, more: object = {}): Promise<{ id: string; secret: string }> {
    const { body } = await this.call('post', '', 201, { url, ...more });
    return { id: String(body.id), secret: String(body.secret) };
  }

  async get(id: string) {
    return (await this.call('get', `/${id}`, 200)).body;
  }

  /** Waits until the webhook is as described. */
  async becomes(id: string, wanted: object): Promise<void> {
    let last: unknown;
    await until(
      `the webhook becomes ${JSON.stringify(wanted)}`,
      async () => {
        last = await this.get(id);
        assert.partialDeepStrictEqual(last, wanted);
        return true;
      },
      { more: () => `${JSON.stringify(last)}\n${this.logged.join('')}` },
    );
  }

  /** Appends so many events to the log, and wakes its readers; gives the numbers that they got. */
  async append(count: number, type: 'call' | 'state' | 'message' = 'call'): Promise<number[]> {
    const before = await this.events.lastSeq();
    const events = Array.from({ length: count }, (_, index) => eventOf(type, `${before}-${index}`));
    await this.store.write((db, dialect) => appendEvents(db, dialect, events, Date.now()));
    this.events.appended();
    const rows = await this.store.read((db) =>
      db.selectFrom('events').select('seq').where('seq', '>', before).orderBy('seq').execute(),
    );
    return rows.map(({ seq }) => seq);
  }

  async close(graceMs = 0): Promise<void> {
    if (this.#server === undefined) return;
    await closeServer(this.#server, 0);
    this.#server = undefined;
    this.events.close();
    await this.deliverer.close(graceMs);
    await this.store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #newDeliverer(): Deliverer {
    const { resolve = resolversFor(this.#log).webhooks.resolve } = this.#options;
    return new Deliverer({
      store: this.store,
      events: this.events,
      webhooks: this.#settings,
      log: this.#log,
      now: () => Date.now() + this.clockOffsetMs,
      resolve,
    });
  }

  async #serve(): Promise<void> {
    const { store, deliverer } = this;
    const app = createServiceApp();
    app.use(readJson(100_000));
    app.use('/api/webhooks', webhookRoutes({ store, deliverer, webhooks: this.#settings }));
    app.use(answerUnknown);
    app.use(answerProblem(this.#log));
    this.#server = createInternalServer(app);
    this.#origin = `http://127.0.0.1:${await listen(this.#server, 0, '127.0.0.1')}`;
    deliverer.start();
  }
}

const AT = '2026-01-02T03:04:05.678Z';

function eventOf(type: 'call' | 'state' | 'message', key: string): BridgeEvent {
  const head = { session: 'default', key, at: AT };
  switch (type) {
    case 'call':
      return {
        ...head,
        kind: type,
        data: { call_id: key, from: '1@c.us', is_video: false, is_group: false },
      };
    case 'state':
      return { ...head, kind: type, data: { state: 'ready', since: AT } };
    case 'message':
      return {
        ...head,
        kind: type,
        whatsapp_id: `false_15551234567@c.us_${key}`,
        data: {
          id: `false_15551234567@c.us_${key}`,
          stanza_id: key,
          chat_id: '15551234567@c.us',
          from: '15551234567@c.us',
          to: '15557654321@c.us',
          from_me: false,
          type: 'chat',
          body: 'שלום 👋',
          timestamp: 1_700_000_000,
          ack: 0,
          has_media: false,
        },
      };
  }
}
