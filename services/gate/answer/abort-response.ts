import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestContext } from '../request-context.ts';

/**
 * Breaks off a response that cannot be finished, so that the client cannot take it for whole: a reset where the end of
 * the connection is the end of the body, which only HTTP/1.0 clients get.
 */
export function abortResponse(context: RequestContext, response: ServerResponse): void {
  const cut = (socket: Socket): void => {
    if (context.request.httpVersionMinor === 0) socket.resetAndDestroy();
    else socket.destroy();
  };
  if (response.socket !== null) cut(response.socket);
  // Earlier answers are under way. `response.destroy` would leave the connection open, and the client waiting.
  else response.once('socket', cut);
}
