import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { parseBy } from '../runtime/json-bodies.ts';
import type { EventHub, SequencedEvent } from './event-hub.ts';

/** Below the shortest idle limit of the platforms: 55 s at Heroku. */
const PING_MS = 25_000;

const sequence = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/, 'must be the seq of an event')
  .transform(Number);
const querySchema = z.strictObject({ after: sequence.optional(), types: z.string().max(500).optional() });
const headerSchema = z.object({ 'last-event-id': sequence });

/**
 * `GET /api/events` as server-sent events. `Last-Event-ID`, or `?after=`, goes on behind that event; `?types=` filters.
 * Source: the event stream format of the HTML standard.
 */
export function streamEvents(hub: EventHub): RequestHandler {
  return (request, response) => {
    const { after, types } = readWish(request, hub);
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.write(': events follow\n\n');
    follow(hub, after, types, response);
  };
}

function readWish(
  request: Request,
  hub: EventHub,
): { after: number; types: ReadonlySet<string> | undefined } {
  const query = parseBy(querySchema, request.query, 'query_invalid');
  const lastId = request.get('last-event-id');
  const resumed = lastId
    ? parseBy(headerSchema, { 'last-event-id': lastId }, 'query_invalid')['last-event-id']
    : query.after;
  // A number from the future is one from before the clock was set back.
  const after = resumed === undefined ? hub.lastSeq : resumed > hub.lastSeq ? 0 : resumed;
  return {
    after,
    types: query.types === undefined ? undefined : new Set(query.types.split(',')),
  };
}

/** Writes as much as the reader takes, waits for it, and goes on: a slow one holds up nobody and costs no memory. */
function follow(
  hub: EventHub,
  after: number,
  types: ReadonlySet<string> | undefined,
  response: Response,
): void {
  let last = after;
  const advance = () => {
    while (!response.writableNeedDrain && !response.writableEnded) {
      const event = hub.next(last);
      if (event === undefined) break;
      last = event.seq;
      if (types === undefined || types.has(event.type)) response.write(toFrame(event));
    }
    if (hub.isClosed) response.end();
  };
  const ping = setInterval(() => response.write(': ping\n\n'), PING_MS);
  const stop = hub.onMore(advance);
  response.on('drain', advance);
  response.on('close', () => {
    clearInterval(ping);
    stop();
  });
  advance();
}

function toFrame(event: SequencedEvent): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
