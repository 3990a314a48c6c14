import type { Socket } from 'node:net';
import { type ErrorCode, KitError } from '../contract/errors.ts';
import type { Log } from '../runtime/log.ts';
import { endSocket } from './linger.ts';
import { writeRawProblem } from './problems.ts';
import type { Traffic } from './traffic.ts';

/** What Node's parser or its timer found, by its code; the rest is `request_malformed`. */
const CODES: ReadonlyMap<string, readonly [ErrorCode, string]> = new Map<
  string,
  readonly [ErrorCode, string]
>([
  ['HPE_HEADER_OVERFLOW', ['headers_too_large', 'the headers are longer than the gate takes']],
  [
    'HPE_CHUNK_EXTENSIONS_OVERFLOW',
    ['body_too_large', 'the chunk extensions are longer than the gate takes'],
  ],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['request_timeout', 'the headers did not arrive in time']],
]);

const answered = new WeakSet<Socket>();

/** Answers what Node could not read as a request, where an answer can be told from that to an earlier request. */
export function answerClientError(log: Log, traffic: Traffic, error: Error, socket: Socket): void {
  if (answered.has(socket)) return;
  answered.add(socket);
  const passage = traffic.latest(socket);
  const isOwnBodyBroken =
    passage?.response.socket === socket && !passage.response.headersSent && !passage.visit.request.complete;
  const isFree = passage === undefined || passage.response.writableFinished;
  const isWorthIt =
    socket.writable && socket.bytesRead > 0 && !('code' in error && error.code === 'ECONNRESET');
  if (!isWorthIt || !(isFree || isOwnBodyBroken)) {
    socket.destroy();
    return;
  }
  passage?.visit.abandon?.();
  const [code, message] = ('code' in error && CODES.get(String(error.code))) || MALFORMED;
  const status = writeRawProblem(
    isOwnBodyBroken ? passage.visit : undefined,
    socket,
    new KitError(code, message),
  );
  if (!isOwnBodyBroken) log.info({ status, code, client: socket.remoteAddress }, 'request');
  endSocket(socket);
}

const MALFORMED = ['request_malformed', 'what was sent is no HTTP/1.1 request'] as const;
