import type { RequestHandler } from 'express';
import { eventBatchSchema } from '../contract/events.ts';
import { parseBy } from '../runtime/json-bodies.ts';
import type { EventHub } from './event-hub.ts';

/** `POST /internal/events`: the bridge's events, in order; a 2xx tells it that it may forget them. */
export function takeEvents(hub: EventHub): RequestHandler {
  return (request, response) => {
    const { events } = parseBy(eventBatchSchema, request.body, 'body_invalid');
    hub.add(events);
    response.json({ taken: events.length });
  };
}
