import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../contract/errors.ts';
import { type ClientInfo, readClientInfo } from './admission/client-info.ts';

/** One request, or upgrade, on its way through the gate: what its log line and its refusal need to know. */
export class RequestContext {
  readonly request: IncomingMessage;
  readonly clientInfo: ClientInfo;
  readonly startedMs = performance.now();
  service: string | undefined;
  code: ErrorCode | undefined;
  bytesIn = 0;
  bytesOut = 0;
  /** The status of an answer that the gate wrote on the socket, past the response. */
  writtenStatus: number | undefined;
  /** Node refused the head of the response, and keeps parts of it: nothing can be written through the response. */
  isHeadRejected = false;
  /** The client asked for `100 Continue` and has not got it, so it sends no body. */
  awaitsContinue: boolean;
  /** Its answer ends the connection: what the client sends after it is not read as requests (RFC 9112 §9.6). */
  isLast = false;
  /** Lets go of the upstream; set once there is one. */
  abandon: (() => void) | undefined;
  /** Its body, where it has one and a service is to read it. */
  body: IncomingBody | undefined;

  constructor(request: IncomingMessage, trustedProxyHops: number, awaitsContinue: boolean) {
    this.request = request;
    this.awaitsContinue = awaitsContinue;
    this.clientInfo = readClientInfo(request, trustedProxyHops);
  }
}

/** The body of a request while a service reads it. */
export interface IncomingBody {
  /** Whether it is the client who must send for things to go on. */
  readonly awaitsClient: boolean;
  readonly destroyed: boolean;
  destroy(error: Error): unknown;
}
