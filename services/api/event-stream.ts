import type { RequestHandler } from 'express';
import { z } from 'zod';
import { parseBy } from '../runtime/json-bodies.ts';
import type { EventHub, SequencedEvent } from './event-hub.ts';

/** Below the shortest idle limit of the platforms: 55 s at Heroku. */
const PING_MS = 25_000;
/** A reader this far behind is cut off; it comes back with Last-Event-ID. */
const MAX_BEHIND_BYTES = 4 * 1024 ** 2;

const sequence = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/, 'must be the seq of an event')
  .transform(Number);
const querySchema = z.strictObject({ after: sequence.optional(), types: z.string().max(500).optional() });

/**
 * `GET /api/events` as server-sent events. `Last-Event-ID`, or `?after=`, goes on behind that event; `?types=` filters.
 * Source: the event stream format of the HTML standard.
 */
export function streamEvents(hub: EventHub): RequestHandler {
  return (request, response) => {
    const query = parseBy(querySchema, request.query, 'query_invalid');
    const lastId = request.get('last-event-id');
    const after =
      lastId === undefined || lastId === ''
        ? query.after
        : parseBy(z.object({ 'last-event-id': sequence }), { 'last-event-id': lastId }, 'query_invalid')[
            'last-event-id'
          ];
    const types = query.types === undefined ? undefined : new Set(query.types.split(','));
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write(': events follow\n\n');
    const ping = setInterval(() => response.write(': ping\n\n'), PING_MS);
    const unsubscribe = hub.subscribe(
      {
        take: (event) => {
          if (types !== undefined && !types.has(event.type)) return;
          response.write(toFrame(event));
          if (response.writableLength > MAX_BEHIND_BYTES) response.destroy();
        },
        end: () => response.end(),
      },
      after,
    );
    response.on('close', () => {
      clearInterval(ping);
      unsubscribe();
    });
  };
}

function toFrame(event: SequencedEvent): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
