import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import { parse as parseQuery } from 'node:querystring';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import { ERRORS, KitError } from '../../contract/errors.ts';
import { REQUEST_ID_HEADER, SECRET_HEADER } from '../../contract/internal.ts';
import { PROBLEM_TYPE, toProblem } from '../../contract/problem.ts';
import type { KeySource } from '../../runtime/http/api-key-ring.ts';
import { apiKeyCheck } from '../../runtime/http/api-keys.ts';
import { clientAddressOf, clientOf } from '../../runtime/http/client-of.ts';
import { FailedAttempts } from '../../runtime/http/failed-attempts.ts';
import { secretTest } from '../../runtime/http/internal-secret.ts';
import { http } from '../../runtime/http/node-http.ts';
import { parseBy } from '../../runtime/http/request-validation.ts';
import type { Log } from '../../runtime/log.ts';
import type { EventLog } from './event-log.ts';
import { followQuerySchema } from './event-query.ts';
import { followOverSocket, type SocketTimes } from './event-socket.ts';

const PATH = '/ws';
/** The protocol that the server speaks. */
const PROTOCOL = 'gatehouse';
/** Before an API key among the protocols: browsers let a page set no other header of a WebSocket. */
const KEY_PROTOCOL = 'key.';
/** Nothing is read from clients; control frames have at most 125 bytes anyway. */
const MOST_BYTES = 1024;

export interface SocketParts {
  readonly events: EventLog;
  readonly log: Log;
  /** The boot secret, which every caller must show. */
  readonly secret: string;
  readonly apiKeys: readonly string[] | KeySource;
  readonly failures?: FailedAttempts;
}

/**
 * `/ws?after=&types=&session=`: the event log over a WebSocket, each event one text message of JSON, by the same cursor
 * as `GET /api/events`. The key comes as everywhere, or as a protocol, URL-encoded: `gatehouse, key.KEY`. What is not
 * admitted is answered with a problem document, before the upgrade. Source: RFC 6455.
 */
export function acceptSockets(server: Server, parts: SocketParts, times?: SocketTimes): void {
  const admit = admission(parts);
  let loading: Promise<WebSocketServer> | undefined;
  const accept = async (request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> => {
    const { after, types, session } = admit(request);
    const client = clientOf(request.headers);
    const lease = parts.events.readers.admit(client);
    if (socket.destroyed) lease.release();
    else socket.once('close', lease.release);
    loading ??= loadSockets(parts);
    const [sockets, newest] = await Promise.all([loading, parts.events.lastSeq()]);
    if (parts.events.isClosed)
      throw new KitError('service_unavailable', 'the api is stopping: come back to the next one');
    sockets.handleUpgrade(request, socket, head, (opened) =>
      followOverSocket(parts, opened, socket, after ?? newest, { types, session }, client, times),
    );
  };
  server.on('upgrade', (request: IncomingMessage, socket, head: Buffer) => {
    if (!(socket instanceof Socket)) {
      socket.destroy();
      return;
    }
    socket.on('error', () => socket.destroy());
    accept(request, socket, head).catch((thrown: unknown) => refuse(parts, request, socket, thrown));
  });
}

/** A check that gives what an upgrade asks for, or throws the KitError that answers it. */
function admission({ secret, apiKeys, failures = new FailedAttempts() }: SocketParts) {
  const isSecret = secretTest(secret);
  const demandApiKey = apiKeyCheck(apiKeys);
  return (request: IncomingMessage) => {
    const { headers, url = '' } = request;
    const given = headers[SECRET_HEADER];
    if (typeof given !== 'string' || !isSecret(given))
      throw new KitError('secret_missing', 'only the kit itself may call this service');
    const [path = '', query = ''] = url.split(/\?(.*)/s);
    if (path !== PATH) throw new KitError('not_found', `there is no WebSocket at ${path}`);
    const key = keyAmong(headers['sec-websocket-protocol']);
    failures.guard(clientAddressOf(request), () =>
      demandApiKey(key === undefined ? headers : { 'x-api-key': key }),
    );
    return parseBy(followQuerySchema, parseQuery(query), 'query_invalid');
  };
}

function keyAmong(protocols = ''): string | undefined {
  const found = protocols
    .split(',')
    .map((name) => name.trim())
    .find((name) => name.startsWith(KEY_PROTOCOL))
    ?.slice(KEY_PROTOCOL.length);
  if (found === undefined) return undefined;
  try {
    return decodeURIComponent(found);
  } catch {
    return found; // No URL encoding: then it is no key either, and is refused as such.
  }
}

/** The library is loaded with the first WebSocket: most runs never see one. */
async function loadSockets(parts: SocketParts): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws');
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MOST_BYTES,
    // Never the key.
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  sockets.on('wsClientError', (error, socket, request) => {
    refuse(parts, request, socket, new KitError('upgrade_refused', error.message));
  });
  return sockets;
}

function refuse({ log }: SocketParts, request: IncomingMessage, socket: Duplex, thrown: unknown): void {
  const given = request.headers[REQUEST_ID_HEADER];
  const requestId = typeof given === 'string' ? given : undefined;
  if (!(thrown instanceof KitError)) log.error({ err: thrown, request_id: requestId }, 'unexpected error');
  const problem = toProblem(thrown, requestId);
  const { retryAfterS } = ERRORS[problem.code];
  const body = JSON.stringify(problem);
  const lines = [
    `HTTP/1.1 ${problem.status} ${http.STATUS_CODES[problem.status] ?? ''}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
    ...(problem.status === 401 ? ['www-authenticate: Bearer realm="gatehouse"'] : []),
    ...(retryAfterS === undefined ? [] : [`retry-after: ${retryAfterS}`]),
  ];
  // The other half would stay open until the client thinks of it.
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
