import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../contract/errors.ts';
import { type Edge, readEdge } from './edge.ts';

/** One request, or upgrade, on its way through the gate: what its log line and its refusal need to know. */
export class Visit {
  readonly request: IncomingMessage;
  readonly edge: Edge;
  readonly startedMs = performance.now();
  service: string | undefined;
  code: ErrorCode | undefined;
  bytesIn = 0;
  bytesOut = 0;
  /** The client asked for `100 Continue` and has not got it, so it sends no body. */
  awaitsContinue: boolean;
  /** Lets go of the upstream; set once there is one. */
  abandon: (() => void) | undefined;

  constructor(request: IncomingMessage, trustedProxyHops: number, awaitsContinue: boolean) {
    this.request = request;
    this.awaitsContinue = awaitsContinue;
    this.edge = readEdge(request, trustedProxyHops);
  }
}
