import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Log } from '../../runtime/log.ts';
import type { EventLog } from './event-log.ts';
import { type EventSink, Follower } from './follower.ts';
import type { EventFilter, LogPage } from './log-event.ts';

/** Below the shortest idle limit of the platforms: 55 s at Heroku. A peer that has not answered by the next is dead. */
const PING_MS = 25_000;
/** Unsent beyond this, nothing more is taken from the log for this reader. */
const MOST_BUFFERED_BYTES = 64 * 1024;
/** How long a peer may take to answer the farewell. */
const CLOSE_MS = 1_000;

/** How often a peer is pinged, and how long it may take to answer the close; the limits of this file unless given. */
export interface SocketTimes {
  readonly pingMs?: number | undefined;
  readonly closeMs?: number | undefined;
}

/** Close codes. Source: RFC 6455 §7.4.1. */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

/**
 * Takes the log to one open WebSocket. It only sends: a message from the client, which cannot mean anything, ends it
 * with 1008, rather than leave the client in the belief that it was heard.
 */
export function followOverSocket(
  { events, log }: { readonly events: EventLog; readonly log: Log },
  webSocket: WebSocket,
  socket: Socket,
  after: number,
  filter: EventFilter,
  client: string,
  { pingMs = PING_MS, closeMs = CLOSE_MS }: SocketTimes = {},
): void {
  const leave = (code: number, reason: string) => {
    follower.stop();
    webSocket.close(code, reason);
    setTimeout(() => webSocket.terminate(), closeMs).unref();
  };
  const sink: EventSink = {
    get takesMore() {
      return webSocket.bufferedAmount < MOST_BUFFERED_BYTES;
    },
    deliver: (page) => sendPage(webSocket, socket, page, () => follower.advance()),
    end: (error) => {
      if (error === undefined) {
        leave(GOING_AWAY, 'the api is stopping');
        return;
      }
      log.error({ err: error }, 'a WebSocket of events broke');
      leave(INTERNAL_ERROR, 'see the log');
    },
  };
  const follower = new Follower(events, after, filter, sink, client);
  let isAlive = true;
  const ping = setInterval(() => {
    if (!isAlive) webSocket.terminate();
    isAlive = false;
    webSocket.ping();
  }, pingMs);
  webSocket.on('pong', () => {
    isAlive = true;
  });
  webSocket.on('message', () => leave(POLICY_VIOLATION, 'nothing is read here; filters go into the query'));
  webSocket.on('error', () => webSocket.terminate());
  webSocket.on('close', () => {
    clearInterval(ping);
    follower.stop();
  });
  follower.advance();
}

/** In one write to the network, without a copy: the bytes of an event are the same for all readers. */
function sendPage(webSocket: WebSocket, socket: Socket, { events }: LogPage, sent: () => void): void {
  socket.cork();
  for (const { bytes } of events.slice(0, -1)) webSocket.send(bytes, { binary: false });
  const last = events.at(-1);
  if (last !== undefined) webSocket.send(last.bytes, { binary: false }, sent);
  socket.uncork();
}
