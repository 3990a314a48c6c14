import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ERRORS, errorText, KitError } from '../../contract/errors.ts';
import { REQUEST_ID_HEADER } from '../../contract/internal.ts';
import { PROBLEM_TYPE, toProblem } from '../../contract/problem.ts';
import { http } from '../../runtime/http/node-http.ts';
import type { Log } from '../../runtime/log.ts';
import { logUpgrade } from '../access-log.ts';
import { catchFaults } from '../catch-faults.ts';
import { ALLOWED_METHODS } from '../contract/allowed-methods.ts';
import type { RequestContext } from '../request-context.ts';
import { abortResponse } from './abort-response.ts';
import { endAfterBody, endSocket } from './lingering-close.ts';
import { writeHead } from './response-head.ts';

/**
 * Answers with the problem document of what was thrown; a response that has begun is broken off. Throws nothing: where no
 * answer is possible, it closes the connection. It uses nothing that a failed response has touched.
 */
export function refuse(
  log: Log,
  context: RequestContext,
  response: ServerResponse,
  thrown: unknown,
  isLast: boolean,
): void {
  try {
    logCause(log, context, thrown);
    if (response.headersSent) {
      context.code ??= toProblem(thrown).code;
      abortResponse(context, response);
    } else if (context.isHeadRejected) refuseOnSocket(log, context, response, thrown);
    else writeRefusal(context, response, thrown, isLast);
  } catch (fault) {
    closeUnanswered(log, context.request.socket, fault);
  }
}

/** Closes a connection on which no answer is possible any more, so that its client does not wait for one. */
export function closeUnanswered(log: Log, socket: Socket, fault: unknown): void {
  socket.destroy();
  log.error({ err: fault }, 'the gate could not answer a request and closed its connection');
}

/** Writes a refusal on the socket, past a response that is spoilt, as soon as earlier requests are answered. */
function refuseOnSocket(log: Log, context: RequestContext, response: ServerResponse, thrown: unknown): void {
  const { socket } = context.request;
  if (response.socket === null && !socket.destroyed) {
    const onFault = (fault: unknown): void => closeUnanswered(log, socket, fault);
    const refuseNow = catchFaults(onFault, () => refuseOnSocket(log, context, response, thrown));
    response.once('socket', () => process.nextTick(refuseNow));
    return;
  }
  context.isLast = true;
  context.writtenStatus = writeRawProblem(context, socket, thrown);
  endSocket(socket);
}

function writeRefusal(
  context: RequestContext,
  response: ServerResponse,
  thrown: unknown,
  isLast: boolean,
): void {
  const { status, headers, body } = problemReply(context, thrown);
  const bodyUnread = mayHaveBody(context.request) && !context.request.complete;
  const closes =
    isLast || bodyUnread || (context.code !== undefined && ERRORS[context.code].closesConnection === true);
  if (closes) context.isLast = true;
  if (closes) headers.push('connection', 'close');
  writeHead(context, response, status, http.STATUS_CODES[status] ?? '', headers);
  if (context.request.method !== 'HEAD') context.bytesOut += body.length;
  if (!bodyUnread || context.awaitsContinue) {
    response.end(body);
    return;
  }
  response.write(body);
  endAfterBody(context.request, response);
}

/** The same for an upgrade, which has no response object; the connection ends. Throws nothing. */
export function refuseUpgrade(log: Log, context: RequestContext, thrown: unknown): void {
  const { socket } = context.request;
  const onFault = (fault: unknown): void => closeUnanswered(log, socket, fault);
  try {
    logCause(log, context, thrown);
    const status = writeRawProblem(context, socket, thrown);
    socket.once(
      'close',
      catchFaults(onFault, () => logUpgrade(log, context, status, false)),
    );
    endSocket(socket);
  } catch (fault) {
    onFault(fault);
  }
}

/** Writes a whole response with a problem document on a bare socket, and returns its status. */
export function writeRawProblem(
  context: RequestContext | undefined,
  socket: Socket,
  thrown: unknown,
): number {
  const { status, headers, body } = problemReply(context, thrown);
  const isHead = context?.request.method === 'HEAD';
  let head = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n`;
  for (let index = 0; index < headers.length; index += 2)
    head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  if (socket.writable) {
    socket.write(`${head}date: ${new Date().toUTCString()}\r\nconnection: close\r\n\r\n`, 'latin1');
    if (!isHead) socket.write(body);
  }
  if (context !== undefined && !isHead) context.bytesOut += body.length;
  return status;
}

function problemReply(
  context: RequestContext | undefined,
  thrown: unknown,
): { status: number; headers: string[]; body: Buffer } {
  const problem = toProblem(thrown, context?.clientInfo.requestId);
  const body = Buffer.from(JSON.stringify(problem));
  const headers = [
    'content-type',
    PROBLEM_TYPE,
    'content-length',
    String(body.length),
    'cache-control',
    'no-store',
  ];
  if (context !== undefined) {
    context.code = problem.code;
    headers.push(REQUEST_ID_HEADER, context.clientInfo.requestId);
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
function logCause(log: Log, context: RequestContext, thrown: unknown): void {
  const request_id = context.clientInfo.requestId;
  if (!(thrown instanceof KitError)) log.error({ err: thrown, request_id }, 'unexpected error');
  else if (thrown.cause !== undefined)
    log.warn({ request_id, cause: errorText(thrown.cause) }, thrown.message);
}
