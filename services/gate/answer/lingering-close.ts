import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { catchFaults } from '../catch-faults.ts';

/** How long a client may continue to send, after its answer, what the gate throws away (nginx: `lingering_time`). */
const LINGER_MS = 2_000;

/**
 * Ends a response, whose body is written, once the rest of the request has come in and been thrown away. Closing
 * earlier would reset the connection, and the client could lose the answer (RFC 9112 §9.6).
 */
export function endAfterBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete || request.destroyed) {
    response.end();
    return;
  }
  const finish = catchFaults(
    () => request.socket.destroy(),
    () => {
      clearTimeout(timer);
      request.off('end', finish);
      response.end();
    },
  );
  const timer = setTimeout(finish, LINGER_MS);
  request.once('end', finish);
  response.once('close', () => clearTimeout(timer));
  request.resume();
}

/** The same for a bare socket: no more is written, what comes is thrown away, and then it is closed. */
export function endSocket(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end();
  if (socket.readableEnded) socket.destroySoon();
  else socket.once('end', () => socket.destroySoon()).resume();
}
