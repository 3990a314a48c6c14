import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { type BridgeEvent, eventBatchSchema } from '../../../services/contract/events.ts';
import { EVENTS_PATH, SECRET_HEADER } from '../../../services/contract/internal.ts';

/** An api that takes events as the real one does, and can go away and come back on its port. */
export class FakeApi {
  readonly events: BridgeEvent[] = [];
  /** Status to answer instead of taking; undefined takes. */
  refuseWith: ((events: readonly BridgeEvent[]) => number | undefined) | undefined;
  posts = 0;
  readonly #secret: string;
  #server: Server | undefined;
  #port = 0;

  constructor(secret: string) {
    this.#secret = secret;
  }

  get origin(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.#port };
  }

  async goUp(): Promise<void> {
    const server = createServer(async (request, response) => {
      this.posts += 1;
      const isOurs = request.url === EVENTS_PATH && request.headers[SECRET_HEADER] === this.#secret;
      const { events } = eventBatchSchema.parse(await json(request));
      const status = isOurs ? (this.refuseWith?.(events) ?? 200) : 403;
      if (status === 200) this.events.push(...events);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
    this.#server = server;
  }

  async goDown(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  ofKind<K extends BridgeEvent['kind']>(kind: K): Extract<BridgeEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<BridgeEvent, { kind: K }> => event.kind === kind);
  }
}

export async function startFakeApi(secret: string): Promise<FakeApi> {
  const api = new FakeApi(secret);
  await api.goUp();
  return api;
}
