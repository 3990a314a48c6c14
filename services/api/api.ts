import { createInternalServer } from '../runtime/internal-server.ts';
import { closeServer, listen } from '../runtime/listen.ts';
import type { Log } from '../runtime/log.ts';
import type { RunningService } from '../runtime/run-service.ts';
import { createApp } from './app.ts';
import { type BridgeAddress, createBridgeClient } from './bridge-client.ts';
import { EventHub } from './event-hub.ts';

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
  readonly log: Log;
}

/** Starts the api and gives the port it got. */
export async function startApi(options: ApiOptions): Promise<RunningService & { readonly port: number }> {
  const hub = new EventHub();
  const bridge = createBridgeClient(options.bridge, options.secret, options.log);
  const server = createInternalServer(createApp({ ...options, bridge, hub }));
  const port = await listen(server, options.port, options.host);
  return {
    port,
    close: async (graceMs) => {
      hub.close();
      await closeServer(server, graceMs);
    },
  };
}
