import type { Response } from 'express';

const PING_MS = 25_000;
const RECONNECT_MS = 500;

export interface EventStream {
  /** Sends one event; `name` only where several kinds share the stream. */
  send(data: unknown, name?: string): void;
}

/** Turns a response into server-sent events, kept alive by comments. Source: HTML, section 9.2. */
export function openEventStream(response: Response): EventStream {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.write(`retry: ${RECONNECT_MS}\n\n`);
  const ping = setInterval(() => response.write(':\n\n'), PING_MS);
  ping.unref();
  response.once('close', () => clearInterval(ping));
  return {
    send(data, name) {
      if (response.writableEnded || response.destroyed) return;
      response.write(`${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`);
    },
  };
}
