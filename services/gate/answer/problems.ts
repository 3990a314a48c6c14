import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ERRORS, errorText, KitError } from '../../contract/errors.ts';
import { REQUEST_ID_HEADER } from '../../contract/internal.ts';
import { PROBLEM_TYPE, toProblem } from '../../contract/problem.ts';
import { http } from '../../runtime/http/http.ts';
import type { Log } from '../../runtime/log.ts';
import { logVisit } from '../access-log.ts';
import { breakOff } from '../forward/response.ts';
import type { Visit } from '../request-context.ts';
import { guarded } from './guarded.ts';
import { endAfterBody, endSocket } from './linger.ts';
import { writeHead } from './response-head.ts';

/** What the gate forwards, for `Allow`. */
export const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/**
 * Answers with the problem document of what was thrown; a response that has begun is broken off. Throws nothing: where no
 * answer is possible, it closes the connection. It uses nothing that a failed response has touched.
 */
export function refuse(
  log: Log,
  visit: Visit,
  response: ServerResponse,
  thrown: unknown,
  isLast: boolean,
): void {
  try {
    logCause(log, visit, thrown);
    if (response.headersSent) {
      visit.code ??= toProblem(thrown).code;
      breakOff(visit, response);
    } else if (visit.isSpoilt) refusePast(log, visit, response, thrown);
    else writeRefusal(visit, response, thrown, isLast);
  } catch (fault) {
    closeUnanswered(log, visit.request.socket, fault);
  }
}

/** Closes a connection on which no answer is possible any more, so that its client does not wait for one. */
export function closeUnanswered(log: Log, socket: Socket, fault: unknown): void {
  socket.destroy();
  log.error({ err: fault }, 'the gate could not answer a request and closed its connection');
}

/** Writes a refusal on the socket, past a response that is spoilt, as soon as earlier requests are answered. */
function refusePast(log: Log, visit: Visit, response: ServerResponse, thrown: unknown): void {
  const { socket } = visit.request;
  if (response.socket === null && !socket.destroyed) {
    const onFault = (fault: unknown): void => closeUnanswered(log, socket, fault);
    const refuseNow = guarded(onFault, () => refusePast(log, visit, response, thrown));
    response.once('socket', () => process.nextTick(refuseNow));
    return;
  }
  visit.isLast = true;
  visit.writtenStatus = writeRawProblem(visit, socket, thrown);
  endSocket(socket);
}

function writeRefusal(visit: Visit, response: ServerResponse, thrown: unknown, isLast: boolean): void {
  const { status, headers, body } = problemReply(visit, thrown);
  const bodyUnread = mayHaveBody(visit.request) && !visit.request.complete;
  const closes =
    isLast || bodyUnread || (visit.code !== undefined && ERRORS[visit.code].closesConnection === true);
  if (closes) visit.isLast = true;
  if (closes) headers.push('connection', 'close');
  writeHead(visit, response, status, http.STATUS_CODES[status] ?? '', headers);
  if (visit.request.method !== 'HEAD') visit.bytesOut += body.length;
  if (!bodyUnread || visit.awaitsContinue) {
    response.end(body);
    return;
  }
  response.write(body);
  endAfterBody(visit.request, response);
}

/** The same for an upgrade, which has no response object; the connection ends. Throws nothing. */
export function refuseUpgrade(log: Log, visit: Visit, thrown: unknown): void {
  const { socket } = visit.request;
  const onFault = (fault: unknown): void => closeUnanswered(log, socket, fault);
  try {
    logCause(log, visit, thrown);
    const status = writeRawProblem(visit, socket, thrown);
    socket.once(
      'close',
      guarded(onFault, () => logVisit(log, visit, status, false)),
    );
    endSocket(socket);
  } catch (fault) {
    onFault(fault);
  }
}

/** Writes a whole response with a problem document on a bare socket, and returns its status. */
export function writeRawProblem(visit: Visit | undefined, socket: Socket, thrown: unknown): number {
  const { status, headers, body } = problemReply(visit, thrown);
  const isHead = visit?.request.method === 'HEAD';
  let head = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n`;
  for (let index = 0; index < headers.length; index += 2)
    head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  if (socket.writable) {
    socket.write(`${head}date: ${new Date().toUTCString()}\r\nconnection: close\r\n\r\n`, 'latin1');
    if (!isHead) socket.write(body);
  }
  if (visit !== undefined && !isHead) visit.bytesOut += body.length;
  return status;
}

function problemReply(
  visit: Visit | undefined,
  thrown: unknown,
): { status: number; headers: string[]; body: Buffer } {
  const problem = toProblem(thrown, visit?.edge.requestId);
  const body = Buffer.from(JSON.stringify(problem));
  const headers = [
    'content-type',
    PROBLEM_TYPE,
    'content-length',
    String(body.length),
    'cache-control',
    'no-store',
  ];
  if (visit !== undefined) {
    visit.code = problem.code;
    headers.push(REQUEST_ID_HEADER, visit.edge.requestId);
  }
  const { retryAfterS } = ERRORS[problem.code];
  if (retryAfterS !== undefined) headers.push('retry-after', String(retryAfterS));
  if (problem.code === 'method_refused') headers.push('allow', ALLOWED_METHODS);
  return { status: problem.status, headers, body };
}

function mayHaveBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}

/** What the client is not told: a fault of ours, and what lies behind a service's. */
function logCause(log: Log, visit: Visit, thrown: unknown): void {
  const request_id = visit.edge.requestId;
  if (!(thrown instanceof KitError)) log.error({ err: thrown, request_id }, 'unexpected error');
  else if (thrown.cause !== undefined)
    log.warn({ request_id, cause: errorText(thrown.cause) }, thrown.message);
}
