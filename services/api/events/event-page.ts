import type { Request, Response } from 'express';
import { clientOf } from '../../runtime/http/client-of.ts';
import { parseBy } from '../../runtime/http/request-validation.ts';
import type { EventLog, PageReader } from './event-log.ts';
import { type PageQuery, pageQuerySchema } from './event-query.ts';
import type { LogPage } from './log-event.ts';

/** A page is complete before it is sent: beyond this it ends early, and says so by `has_more`. */
const MOST_BYTES = 1024 ** 2;

/** Platforms and the gate give up on an answer that has not begun: 30 s at Heroku. */
const BEGIN_MS = 25_000;

/**
 * `GET /api/events` as a page: `{events, next, oldest, has_more}`, from the oldest on unless `after` says otherwise.
 * `next` is the `after` of the next page. `oldest` is the oldest event there still is, or null: when it is beyond the
 * number after `after`, what lay between was removed by retention (or never given out).
 */
export async function answerPage(
  log: EventLog,
  request: Request,
  response: Response,
  beginMs = BEGIN_MS,
): Promise<void> {
  const query = parseBy(pageQuerySchema, request.query, 'query_invalid');
  const reader = { client: clientOf(request.headers), isWanted: () => !response.destroyed };
  if (query.wait > 0) response.once('close', log.readers.admit(reader.client).release);
  response.set({ 'content-type': 'application/json; charset=utf-8', vary: 'accept' });
  // White space, which a JSON text may begin with.
  const begin = setTimeout(() => response.write('\n'), beginMs);
  try {
    const page =
      request.method === 'HEAD'
        ? await read(log, query, reader)
        : await readOrWait(log, query, reader, response);
    const { oldest } = await log.bounds();
    const rest = { next: page.next, oldest: oldest === 0 ? null : oldest, has_more: page.hasMore };
    const events = page.events.map(({ json }) => json).join(',');
    // A connection that becomes idle only now would be waited for.
    if (log.isClosed && !response.headersSent) response.set('connection', 'close');
    response.end(`{"events":[${events}],${JSON.stringify(rest).slice(1)}`);
  } finally {
    clearTimeout(begin);
  }
}

function read(log: EventLog, query: PageQuery, reader: PageReader): Promise<LogPage> {
  const { after, types, session, limit } = query;
  return log.page(after, types, limit, { session, mostBytes: MOST_BYTES, ...reader });
}

/** Waits for the first event when there is none, as long as the client wants and is there. */
async function readOrWait(
  log: EventLog,
  query: PageQuery,
  reader: PageReader,
  response: Response,
): Promise<LogPage> {
  const until = performance.now() + query.wait * 1_000;
  const isInVain = () => log.isClosed || response.destroyed;
  let wake = (): void => undefined;
  const unsubscribe = query.wait === 0 ? wake : log.onMore(() => wake());
  const gone = () => wake();
  response.once('close', gone);
  try {
    for (let after = query.after; ; ) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const page = await read(log, { ...query, after }, reader);
      if (page.events.length > 0 || isInVain()) return page;
      after = page.next;
      if (page.hasMore) continue; // None of that session so far.
      if (performance.now() >= until) return page;
      const timer = setTimeout(wake, until - performance.now());
      await woken;
      clearTimeout(timer);
    }
  } finally {
    unsubscribe();
    response.off('close', gone);
  }
}
