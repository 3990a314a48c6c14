import { json } from 'node:stream/consumers';
import { type BridgeEvent, eventBatchSchema } from '../../../services/contract/events.ts';
import { EVENTS_PATH, SECRET_HEADER } from '../../../services/contract/internal.ts';
import { secretTest } from '../../../services/runtime/http/internal-secret.ts';
import { createInternalServer } from '../../../services/runtime/http/internal-server.ts';
import { closeServer, listen } from '../../../services/runtime/http/listen.ts';

const LOOPBACK = '127.0.0.1';

export interface EventServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Takes the events of the bridge, in place of the api. */
export async function startEventServer(
  take: (event: BridgeEvent) => void,
  secret: string,
): Promise<EventServer> {
  const isSecret = secretTest(secret);
  const server = createInternalServer((request, response) => {
    const given = request.headers[SECRET_HEADER];
    if (request.url !== EVENTS_PATH || typeof given !== 'string' || !isSecret(given)) {
      response.writeHead(403).end();
      return;
    }
    json(request).then(
      (body) => {
        const batch = eventBatchSchema.safeParse(body);
        for (const event of batch.data?.events ?? []) take(event);
        response.writeHead(batch.success ? 200 : 400).end();
      },
      () => response.writeHead(400).end(),
    );
  });
  const port = await listen(server, 0, LOOPBACK);
  return { host: LOOPBACK, port, close: () => closeServer(server, 0) };
}
