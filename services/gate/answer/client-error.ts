import type { Socket } from 'node:net';
import { type ErrorCode, KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { catchFaults } from '../catch-faults.ts';
import type { Connections, TrackedRequest } from '../connections/connections.ts';
import type { RequestContext } from '../request-context.ts';
import { endSocket } from './lingering-close.ts';
import { closeUnanswered, writeRawProblem } from './problems.ts';

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

/**
 * Answers what Node could not read as a request, unless an answer to an earlier request is still under way: that one
 * is finished first, and then the connection closed without a word.
 */
export function answerClientError(log: Log, connections: Connections, error: Error, socket: Socket): void {
  if (answered.has(socket)) return;
  answered.add(socket);
  const code = 'code' in error ? String(error.code) : '';
  const tracked = connections.latestRequest(socket);
  if (!socket.writable || socket.bytesRead === 0 || code === 'ECONNRESET') socket.destroy();
  else if (tracked === undefined || (tracked.response.writableFinished && tracked.context.request.complete))
    refuseSocket(log, undefined, code, socket);
  else if (tracked.context.request.complete) tracked.response.once('close', () => endSocket(socket));
  else refuseBrokenBody(log, tracked, code, socket);
}

function refuseBrokenBody(
  log: Log,
  { context, response }: TrackedRequest,
  code: string,
  socket: Socket,
): void {
  context.abandon?.();
  if (response.writableFinished) {
    // It was answered before its body came: a second answer would be taken for that of the next request.
    endSocket(socket);
    return;
  }
  if (response.socket === null && !socket.destroyed) {
    // Earlier answers are under way: it is not yet its turn.
    const refuseNow = catchFaults(
      (fault) => closeUnanswered(log, socket, fault),
      () => refuseBrokenBody(log, { context, response }, code, socket),
    );
    response.once('socket', () => process.nextTick(refuseNow));
    return;
  }
  if (!response.headersSent && response.socket === socket) refuseSocket(log, context, code, socket);
  else if (context.code !== undefined) endSocket(socket);
  else socket.destroy();
}

function refuseSocket(
  log: Log,
  context: RequestContext | undefined,
  parserCode: string,
  socket: Socket,
): void {
  const [code, message] = CODES.get(parserCode) ?? MALFORMED;
  const status = writeRawProblem(context, socket, new KitError(code, message));
  if (context !== undefined) context.writtenStatus = status;
  else log.info({ status, code, client: socket.remoteAddress }, 'request');
  endSocket(socket);
}

const MALFORMED = ['request_malformed', 'what was sent is no HTTP/1.1 request'] as const;
