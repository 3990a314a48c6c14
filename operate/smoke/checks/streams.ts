import { WebSocket } from 'ws';
import { type CheckContext, keyHeader } from '../check-context.ts';
import { DeadlineError } from '../connection.ts';
import { openEventStream } from '../event-stream.ts';
import { failed, passed, type Row } from '../report.ts';

/** A stream of events opens, and its first byte comes while it is open: nothing on the way gathers it. */
export async function checkEvents(context: CheckContext): Promise<Row> {
  using stream = await openEventStream(context, context.limits.firstByteMs);
  const { status, type, firstByteMs, isOpen } = stream;
  if (status !== 200 || !type.startsWith('text/event-stream'))
    return failed(
      'events',
      `GET /api/events answered ${status} as ${type || 'nothing'}`,
      'what answers is not the event stream of the api',
      'see the log of the api, and that nothing in front answers for it',
    );
  if (!isOpen)
    return failed(
      'events',
      'GET /api/events ended at once',
      'something on the way, or the api, does not keep streams open',
      'see the log of the api, and the limits for long answers of the proxy in front',
    );
  if (firstByteMs === undefined)
    return failed(
      'events',
      `GET /api/events answered 200, and no byte of its body came within ${context.limits.firstByteMs} ms`,
      'something on the way gathers answers before it passes them on',
      'turn buffering off for /api/events in the proxy in front (nginx: proxy_buffering off; no compression of text/event-stream)',
    );
  return passed('events', `the stream opened, its first byte came after ${Math.round(firstByteMs)} ms`);
}

/** A WebSocket at `/ws` opens. */
export async function checkWebSocket(context: CheckContext): Promise<Row> {
  const { target, signal, limits } = context;
  const startedAt = performance.now();
  const socket = new WebSocket(`${target.origin.replace(/^http/, 'ws')}/ws`, {
    headers: keyHeader(context),
    handshakeTimeout: limits.answerMs,
    maxPayload: 1024 ** 2,
    followRedirects: false,
  });
  const onAbort = () => socket.terminate();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const status = await new Promise<number>((resolve, reject) => {
      socket.once('open', () => resolve(101));
      socket.once('error', reject);
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.once('close', () => reject(new DeadlineError('the connection closed before the upgrade')));
    });
    if (status === 101)
      return passed('websocket', `/ws upgraded in ${Math.round(performance.now() - startedAt)} ms`);
    return failed(
      'websocket',
      `the upgrade at /ws was answered with ${status}`,
      'something on the way does not pass upgrades on, or the api refuses it',
      'have the proxy in front pass Upgrade and Connection over HTTP/1.1; see the log of the gate',
    );
  } finally {
    socket.on('error', () => socket.terminate()); // It is closed on purpose, perhaps amid the handshake.
    socket.terminate();
    signal.removeEventListener('abort', onAbort);
  }
}
