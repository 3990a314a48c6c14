import type { Request, Response } from 'express';
import { clientOf } from '../../runtime/http/client-of.ts';
import { parseBy } from '../../runtime/http/request-validation.ts';
import type { Log } from '../../runtime/log.ts';
import type { EventLog } from './event-log.ts';
import { followQuerySchema, lastEventIdSchema } from './event-query.ts';
import { Follower } from './follower.ts';
import type { LogEvent, LogPage } from './log-event.ts';

/** Below the shortest idle limit of the platforms: 55 s at Heroku. */
const PING_MS = 25_000;
/** When a reader comes back that has lost its connection: not all in the same moment. */
const RETRY_MS = 1_000;
const RETRY_SPREAD_MS = 2_000;

/**
 * `GET /api/events` as server-sent events, from now on; behind an event with `Last-Event-ID`, or `?after=`.
 * Source: the event stream format of the HTML standard.
 */
export async function streamEvents(
  log: EventLog,
  logger: Log,
  request: Request,
  response: Response,
  pingMs = PING_MS,
): Promise<void> {
  const { after, types, session } = parseBy(followQuerySchema, request.query, 'query_invalid');
  const resumed = readLastEventId(request) ?? after;
  const client = clientOf(request.headers);
  const lease = log.readers.admit(client);
  response.once('close', lease.release);
  // Asked even when it is not needed: what cannot be read is refused now, rather than a stream begun that stays empty.
  const newest = await log.lastSeq();
  if (response.destroyed) return;
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    vary: 'accept',
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const retryMs = Math.round(RETRY_MS + Math.random() * RETRY_SPREAD_MS);
  response.write(`: events follow\nretry: ${retryMs}\n\n`);
  const ping = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': ping\n\n');
  }, pingMs);
  const follower = new Follower(
    log,
    resumed ?? newest,
    { types, session },
    {
      get takesMore() {
        return !response.writableNeedDrain && !response.writableEnded;
      },
      deliver: (page) => void response.write(toFrames(page)),
      end: (error) => {
        if (error !== undefined) logger.error({ err: error }, 'a stream of events broke');
        response.end();
      },
    },
    client,
  );
  response.on('drain', follower.advance);
  response.on('close', () => {
    clearInterval(ping);
    follower.stop();
  });
  follower.advance();
}

function readLastEventId(request: Request): number | undefined {
  const id = request.get('last-event-id');
  if (!id) return undefined;
  return parseBy(lastEventIdSchema, { 'last-event-id': id }, 'query_invalid')['last-event-id'];
}

/** Readers that are up to date get the same page, and so the same bytes. */
const known = new WeakMap<LogPage, Buffer>();

function toFrames(page: LogPage): Buffer {
  const frames = known.get(page) ?? Buffer.from(page.events.map(toFrame).join(''));
  known.set(page, frames);
  return frames;
}

function toFrame({ seq, type, json }: LogEvent): string {
  return `id: ${seq}\nevent: ${type}\ndata: ${json}\n\n`;
}
