import type { Config } from '#config';
import { createInternalServer } from '../runtime/http/internal-server.ts';
import { closeServer, listen } from '../runtime/http/listen.ts';
import type { Log } from '../runtime/log.ts';
import type { RunningService } from '../runtime/process/run-service.ts';
import { createApp } from './app.ts';
import { type BridgeAddress, createBridgeClient } from './bridge-client.ts';
import { EventLog } from './events/event-log.ts';
import { acceptSockets } from './events/socket-upgrade.ts';
import { MessageChanges } from './outbox/changes.ts';
import { Dispatcher } from './outbox/dispatcher.ts';
import { startRetention } from './store/retention.ts';
import { type OpenEngine, Store } from './store/store.ts';
import { Deliverer } from './webhooks/deliverer.ts';

export interface ApiOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** The boot secret, which every caller must show. */
  readonly secret: string;
  /** None: everyone whom the gate admits may call. */
  readonly apiKeys: readonly string[];
  readonly maxBodyBytes: number;
  readonly bridge: BridgeAddress;
  /** The WhatsApp login whose messages this api sends. */
  readonly session: string;
  /** Longest a send waits for the acknowledgement before it answers 202. */
  readonly sendWaitMs: number;
  readonly openStore: OpenEngine;
  readonly store: Pick<Config['store'], 'eventsKeepDays' | 'messagesKeepDays' | 'maxBytes'>;
  readonly outbox: Config['outbox'];
  readonly pacing: Omit<Config['pacing'], 'mode'> & { readonly isOn: boolean };
  readonly webhooks: Config['webhooks'];
  readonly log: Log;
}

/** Starts the api and gives the port it got. Throws KitError `already_running` when another api has the database. */
export async function startApi(options: ApiOptions): Promise<RunningService & { readonly port: number }> {
  const { log } = options;
  const store = await Store.open(options.openStore, log);
  const changes = new MessageChanges();
  const events = new EventLog(store);
  const bridge = createBridgeClient(options.bridge, options.secret, log);
  const dispatcher = new Dispatcher({ ...options, store, changes, events, bridge });
  const deliverer = new Deliverer({ ...options, store, events });
  const server = createInternalServer(
    createApp({
      ...options,
      bridgeOrigin: options.bridge,
      storage: store,
      changes,
      events,
      bridge,
      dispatcher,
      deliverer,
    }),
  );
  acceptSockets(server, { ...options, events });
  const port = await listen(server, options.port, options.host);
  dispatcher.start();
  deliverer.start();
  const retention = startRetention(store, options.store, log);
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
        deliverer.close(graceMs),
        closeServer(server, graceMs),
        retention.close(),
      ]);
      await store.close();
    },
  };
}
