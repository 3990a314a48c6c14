import type { Config } from '#config';
import type { KeySource } from '../runtime/http/api-key-ring.ts';
import { FailedAttempts } from '../runtime/http/failed-attempts.ts';
import { createInternalServer } from '../runtime/http/internal-server.ts';
import { closeServer, listen } from '../runtime/http/listen.ts';
import type { Log } from '../runtime/log.ts';
import type { RunningService } from '../runtime/process/run-service.ts';
import { AccountDecider } from './account/decision/account-decider.ts';
import { accountRoutes } from './account/decision/account-routes.ts';
import { createApp } from './app.ts';
import { type BridgeAddress, createBridgeClient } from './bridge-client.ts';
import { EventLog } from './events/event-log.ts';
import { answerEvents } from './events/events-route.ts';
import { takeEvents } from './events/intake.ts';
import { OpenReaders } from './events/open-readers.ts';
import { acceptSockets } from './events/socket-upgrade.ts';
import { answerHealth } from './health.ts';
import { BodyMemory } from './media/body-memory.ts';
import { mostBytes } from './media/media.ts';
import { MediaRoom } from './media/media-room.ts';
import { takeUpload } from './media/media-upload.ts';
import { messageRoutes } from './messages/message-routes.ts';
import { resolversFor } from './outbound/purposes.ts';
import type { NameSources } from './outbound/resolver.ts';
import { MessageChanges } from './outbox/changes.ts';
import { Dispatcher } from './outbox/dispatcher.ts';
import type { PacingSettings } from './outbox/pacing.ts';
import { peopleRoutes } from './people/people-routes.ts';
import { chatRoutes } from './sessions/chat-routes.ts';
import { passkeyRoutes } from './sessions/passkey-routes.ts';
import { sessionRoutes } from './sessions/session-routes.ts';
import { type RetentionLimits, startRetention } from './store/retention/retention.ts';
import { StoreRoom } from './store/retention/store-room.ts';
import { type OpenEngine, Store } from './store/store.ts';
import { Deliverer } from './webhooks/deliverer.ts';
import { webhookRoutes } from './webhooks/webhook-routes.ts';

/** What the process is started with. Only this file reads it as a whole; each part gets its own fields. */
export interface StartOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The boot secret, which every caller must show. */
  readonly secret: string;
  /** None: every client that the gate admits may call. */
  readonly apiKeys: readonly string[] | KeySource;
  readonly maxBodyBytes: number;
  readonly bridge: BridgeAddress;
  /** The WhatsApp login whose messages this api sends. */
  readonly session: string;
  /** The longest time that a send waits for the acknowledgement before it answers 202. */
  readonly sendWaitMs: number;
  readonly openStore: OpenEngine;
  readonly store: RetentionLimits;
  readonly outbox: Config['outbox'];
  readonly pacing: PacingSettings;
  readonly webhooks: Config['webhooks'];
  /** Where the names in URLs come from; the files of this machine unless given. */
  readonly names?: NameSources;
  readonly log: Log;
}

/** Starts the api and gives the port it got. Throws KitError `already_running` when another api has the database. */
export async function startApi(options: StartOptions): Promise<RunningService & { readonly port: number }> {
  const { host, secret, apiKeys, maxBodyBytes, session, sendWaitMs, outbox, pacing, webhooks, log } = options;
  const store = await Store.open(options.openStore, log);
  const changes = new MessageChanges();
  const readers = new OpenReaders(log);
  const events = new EventLog(store, readers);
  const bridge = createBridgeClient(options.bridge, secret, log);
  const dispatcher = new Dispatcher({ session, outbox, pacing, store, changes, events, bridge, log });
  const decider = new AccountDecider({ session, store, events, changes, dispatcher, log });
  const names = resolversFor(log, options.names);
  const deliverer = new Deliverer({ store, events, webhooks, log, resolve: names.webhooks.resolve });
  const media = { ...outbox, allowNetworks: webhooks.allowNetworks, resolve: names.media.resolve };
  const memory = new BodyMemory({ totalBytes: outbox.bodyMemoryBytes, log });
  const mediaRoom = new MediaRoom(outbox.mediaStoreBytes, log);
  const room = new StoreRoom(options.store.maxBytes, log);
  const failures = new FailedAttempts(log);
  const app = createApp(
    {
      secret,
      apiKeys,
      failures,
      maxBodyBytes,
      mostMediaBytes: mostBytes(outbox),
      memory,
      store,
      log,
      dispatcher,
      budgets: [...names.budgets, readers.budget, memory.budget, mediaRoom, room],
    },
    {
      health: answerHealth(options.bridge, store, dispatcher),
      intake: takeEvents({ store, events, changes, dispatcher, session }),
      events: answerEvents({ events, log }),
      upload: takeUpload(store, outbox, mediaRoom),
      messages: messageRoutes({
        bridge,
        store,
        events,
        changes,
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
  const server = createInternalServer(app);
  acceptSockets(server, { events, log, secret, apiKeys, failures });
  const port = await listen(server, options.port, host);
  dispatcher.start();
  decider.start();
  deliverer.start();
  const retention = startRetention(store, options.store, log, room);
  return {
    port,
    kitStops: () => {
      changes.stopWaits();
      // So that no gate has to wait for streams that never end.
      events.dismissReaders();
    },
    close: async (graceMs) => {
      events.close();
      await Promise.all([
        dispatcher.close(graceMs),
        decider.close(),
        deliverer.close(graceMs),
        closeServer(server, graceMs),
        retention.close(),
      ]);
      names.close();
      await store.close();
    },
  };
}
