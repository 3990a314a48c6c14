import type { Socket } from 'node:net';
import { type ErrorCode, KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Passage, Traffic } from '../connections/connections.ts';
import type { Visit } from '../request-context.ts';
import { guarded } from './guarded.ts';
import { endSocket } from './linger.ts';
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
export function answerClientError(log: Log, traffic: Traffic, error: Error, socket: Socket): void {
  if (answered.has(socket)) return;
  answered.add(socket);
  const code = 'code' in error ? String(error.code) : '';
  const passage = traffic.latest(socket);
  if (!socket.writable || socket.bytesRead === 0 || code === 'ECONNRESET') socket.destroy();
  else if (passage === undefined || (passage.response.writableFinished && passage.visit.request.complete))
    refuseSocket(log, undefined, code, socket);
  else if (passage.visit.request.complete) passage.response.once('close', () => endSocket(socket));
  else refuseBrokenBody(log, passage, code, socket);
}

function refuseBrokenBody(log: Log, { visit, response }: Passage, code: string, socket: Socket): void {
  visit.abandon?.();
  if (response.writableFinished) {
    // It was answered before its body came: a second answer would be taken for that of the next request.
    endSocket(socket);
    return;
  }
  if (response.socket === null && !socket.destroyed) {
    // Earlier answers are under way: it is not yet its turn.
    const refuseNow = guarded(
      (fault) => closeUnanswered(log, socket, fault),
      () => refuseBrokenBody(log, { visit, response }, code, socket),
    );
    response.once('socket', () => process.nextTick(refuseNow));
    return;
  }
  if (!response.headersSent && response.socket === socket) refuseSocket(log, visit, code, socket);
  else if (visit.code !== undefined) endSocket(socket);
  else socket.destroy();
}

function refuseSocket(log: Log, visit: Visit | undefined, parserCode: string, socket: Socket): void {
  const [code, message] = CODES.get(parserCode) ?? MALFORMED;
  const status = writeRawProblem(visit, socket, new KitError(code, message));
  if (visit !== undefined) visit.writtenStatus = status;
  else log.info({ status, code, client: socket.remoteAddress }, 'request');
  endSocket(socket);
}

const MALFORMED = ['request_malformed', 'what was sent is no HTTP/1.1 request'] as const;
