import type { Server } from 'node:http';
import type { Selectable, Updateable } from 'kysely';
import request from 'supertest';
import { AccountDecider } from '../../../../services/api/account/decision/account-decider.ts';
import { accountRoutes } from '../../../../services/api/account/decision/account-routes.ts';
import { createApp } from '../../../../services/api/app.ts';
import { createBridgeClient } from '../../../../services/api/bridge-client.ts';
import { EventLog } from '../../../../services/api/events/event-log.ts';
import { answerEvents } from '../../../../services/api/events/events-route.ts';
import { takeEvents } from '../../../../services/api/events/intake.ts';
import { answerHealth } from '../../../../services/api/health.ts';
import { BodyMemory } from '../../../../services/api/media/body-memory.ts';
import { MediaRoom } from '../../../../services/api/media/media-room.ts';
import { takeUpload } from '../../../../services/api/media/media-upload.ts';
import { messageRoutes } from '../../../../services/api/messages/message-routes.ts';
import { resolversFor } from '../../../../services/api/outbound/purposes.ts';
import { MessageChanges } from '../../../../services/api/outbox/changes.ts';
import { Dispatcher } from '../../../../services/api/outbox/dispatcher.ts';
import { peopleRoutes } from '../../../../services/api/people/people-routes.ts';
import { chatRoutes } from '../../../../services/api/sessions/chat-routes.ts';
import { passkeyRoutes } from '../../../../services/api/sessions/passkey-routes.ts';
import { sessionRoutes } from '../../../../services/api/sessions/session-routes.ts';
import { StoreRoom } from '../../../../services/api/store/retention/store-room.ts';
import { type OpenEngine, Store } from '../../../../services/api/store/store.ts';
import type { Tables } from '../../../../services/api/store/tables.ts';
import { Deliverer } from '../../../../services/api/webhooks/deliverer.ts';
import { webhookRoutes } from '../../../../services/api/webhooks/webhook-routes.ts';
import { createInternalServer } from '../../../../services/runtime/http/internal-server.ts';
import { closeServer, listen } from '../../../../services/runtime/http/listen.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { until } from '../../until.ts';
import { AMPLE_MS, type ApiSettings, DEFAULTS, fromGate, SECRET } from '../world.ts';

export const ANN = '15550000001@c.us';

type Row = Selectable<Tables['messages']>;

/** The api over HTTP on a real database; nothing goes out, so that a test says itself what becomes of a message. */
export class SendWorld implements AsyncDisposable {
  readonly logged: string[] = [];
  readonly store: Store;
  readonly changes = new MessageChanges();
  readonly events: EventLog;
  readonly room: StoreRoom;
  origin = '';
  readonly #server: Server;

  private constructor(store: Store, settings: ApiSettings) {
    this.store = store;
    this.events = new EventLog(store);
    const log = createLog('api', 'debug', { write: (line) => void this.logged.push(line) });
    // Nobody listens there; nobody asks either.
    const address = {
      host: '127.0.0.1',
      port: 1,
      sendTimeoutMs: AMPLE_MS,
      uploadTimeoutMs: 0,
      callTimeoutMs: AMPLE_MS,
    };
    const bridge = createBridgeClient(address, SECRET, log);
    // A test that is about the wait sets its own.
    const options = { ...DEFAULTS, sendWaitMs: AMPLE_MS, ...settings, secret: SECRET, store, log };
    const { session, sendWaitMs, outbox, webhooks } = options;
    const shared = { store, changes: this.changes, events: this.events, log };
    const dispatcher = new Dispatcher({ ...options, ...shared, bridge });
    const decider = new AccountDecider({ session, dispatcher, ...shared });
    const names = resolversFor(log, options.names);
    const deliverer = new Deliverer({ ...shared, webhooks, resolve: names.webhooks.resolve });
    const media = { ...outbox, allowNetworks: webhooks.allowNetworks, resolve: names.media.resolve };
    const memory = new BodyMemory({ totalBytes: outbox.bodyMemoryBytes });
    const mediaRoom = new MediaRoom(outbox.mediaStoreBytes, log);
    this.room = new StoreRoom((settings.store ?? DEFAULTS.store).maxBytes, log);
    const { room } = this;
    const app = createApp(
      { ...options, memory, mostMediaBytes: outbox.mediaMaxBytes, dispatcher, budgets: names.budgets },
      {
        health: answerHealth(address, store, dispatcher),
        intake: takeEvents({ ...shared, dispatcher, session }),
        events: answerEvents(shared),
        upload: takeUpload(store, outbox, mediaRoom),
        messages: messageRoutes({
          ...shared,
          bridge,
          dispatcher,
          session,
          sendWaitMs,
          outbox,
          media,
          memory,
          mediaRoom,
          room,
        }),
        account: accountRoutes({ session, store, decider }),
        sessions: sessionRoutes({ bridge, dispatcher, store, session }),
        chats: chatRoutes({ bridge, store, session }),
        people: peopleRoutes({ bridge, store, session, dispatcher }),
        passkey: passkeyRoutes(bridge),
        webhooks: webhookRoutes({ store, deliverer, webhooks }),
      },
    );
    this.#server = createInternalServer(app);
  }

  static async start(openStore: OpenEngine, settings: ApiSettings = {}): Promise<SendWorld> {
    const world = new SendWorld(await Store.open(openStore, createLog('api', 'silent')), settings);
    world.origin = `http://127.0.0.1:${await listen(world.#server, 0, '127.0.0.1')}`;
    return world;
  }

  send(body: object, headers: Record<string, string> = {}): request.Test {
    return this.post('/api/whatsapp/send', body, headers);
  }

  /** A send that is answered at once. */
  sendAsync(body: object, headers: Record<string, string> = {}): request.Test {
    return this.send(body, { prefer: 'respond-async', ...headers });
  }

  post(path: string, body: object = {}, headers: Record<string, string> = {}): request.Test {
    return request(this.origin).post(path).set(fromGate).set(headers).send(body);
  }

  get(path: string): request.Test {
    return request(this.origin).get(path).set(fromGate);
  }

  rows(): Promise<Row[]> {
    return this.store.read((db) => db.selectFrom('messages').selectAll().orderBy('seq').execute());
  }

  /** How many rows there are in the tables that a send touches. */
  counts(): Promise<{ messages: number; media: number; keys: number }> {
    return this.store.read(async (db) => ({
      messages: (await db.selectFrom('messages').select('id').execute()).length,
      media: (await db.selectFrom('media').select('id').execute()).length,
      keys: (await db.selectFrom('idempotency').select('key').execute()).length,
    }));
  }

  /** What the dispatcher, or WhatsApp, makes of a message. */
  async becomes(id: string, values: Updateable<Tables['messages']>): Promise<void> {
    await this.store.write((db) => db.updateTable('messages').set(values).where('id', '=', id).execute());
    this.changes.changed(id);
  }

  /** The one message that has been accepted, as soon as there is one. */
  accepted(): Promise<Row> {
    return until('a message is accepted', async () => (await this.rows()).at(-1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.events.close();
    await closeServer(this.#server, 0);
    await this.store.close();
  }
}
