import type { Request, RequestHandler } from 'express';
import { KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { EventLog } from './event-log.ts';
import { answerPage } from './event-page.ts';
import { streamEvents } from './event-stream.ts';

const STREAM = 'text/event-stream';
const JSON_TYPE = 'application/json';

/**
 * `GET /api/events`. With `limit` or `wait` it is a page of JSON; otherwise `Accept` decides, and where both are equally
 * welcome, as to `curl` and `fetch`, it is a stream.
 */
export function answerEvents({ events, log }: { events: EventLog; log: Log }): RequestHandler {
  return (request, response) =>
    wantsPage(request) ? answerPage(events, request, response) : streamEvents(events, log, request, response);
}

function wantsPage(request: Request): boolean {
  const { limit, wait } = request.query;
  if (limit === undefined && wait === undefined) {
    const type = request.accepts([STREAM, JSON_TYPE]);
    if (type === false)
      throw new KitError('not_acceptable', `events come as ${STREAM} or, page by page, as ${JSON_TYPE}`);
    return type === JSON_TYPE;
  }
  if (request.accepts(JSON_TYPE) === false)
    throw new KitError('not_acceptable', `limit and wait ask for a page, which comes as ${JSON_TYPE}`);
  return true;
}

/** `GET /ws` by somebody who does not ask for a WebSocket. */
export const refusePlainSocket: RequestHandler = () => {
  throw new KitError('upgrade_refused', 'this is a WebSocket: connect with ws:// or wss://');
};
