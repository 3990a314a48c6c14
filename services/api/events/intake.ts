import type { RequestHandler } from 'express';
import { type BridgeEvent, eventBatchSchema, type LoggedEvent } from '../../contract/events.ts';
import { parseBy } from '../../runtime/http/request-validation.ts';
import { noteLinks } from '../account/link/note-link.ts';
import { currentAccount, readAccounts } from '../account/linked-account.ts';
import type { MessageChanges } from '../outbox/changes.ts';
import type { Dispatcher } from '../outbox/dispatcher.ts';
import { applyEvents } from '../outbox/transitions.ts';
import { type KnownPeople, learnFromEvents, withPeople } from '../people/people-in-events.ts';
import type { Database, DialectName, Store } from '../store/store.ts';
import type { EventLog } from './event-log.ts';
import { appendEvents, lockLog } from './log-writer.ts';
import { withoutRepetitions } from './repetitions.ts';
import { isStorable } from './storable-text.ts';

export interface IntakeParts {
  readonly store: Store;
  readonly events: EventLog;
  readonly changes: MessageChanges;
  readonly dispatcher: Pick<Dispatcher, 'sessionReady' | 'wake'>;
  /** The WhatsApp login whose readiness resumes sends. */
  readonly session: string;
}

/**
 * `POST /internal/events`: the bridge's events, in order. A 2xx tells it that it may forget them: they are in the log,
 * and what they say of messages in the outbox has been noted, on disk. Repetitions change nothing.
 */
export function takeEvents(parts: IntakeParts): RequestHandler {
  const { store, events: log, changes, dispatcher, session } = parts;
  return async (request, response) => {
    const { events } = parseBy(eventBatchSchema, request.body, 'body_invalid');
    const now = Date.now();
    const { added, changed } = await store.write(async (db, dialect) => {
      const fresh = await take(db, dialect, events, now);
      const usable = fresh.filter(mayApply);
      await noteLinks(db, dialect, usable, now);
      return { added: fresh, changed: await applyEvents(db, usable, now) };
    });
    if (added.length > 0) log.appended();
    for (const id of changed) changes.changed(id);
    if (isReady(added, session)) dispatcher.sessionReady();
    else if (changed.length > 0 || added.some(({ kind }) => kind === 'compat')) dispatcher.wake();
    response.json({ taken: events.length });
  };
}

/**
 * Appends the events, with the people that they name, but those that are in the log under another address. Gives those that
 * were new.
 */
async function take(
  db: Database,
  dialect: DialectName,
  events: readonly BridgeEvent[],
  now: number,
): Promise<LoggedEvent[]> {
  await lockLog(db, dialect);
  const fresh: LoggedEvent[] = [];
  for (const run of runsOf(events)) {
    const known = await learn(db, dialect, run, now);
    const named = run.map((event) => withPeople(event, known));
    fresh.push(...(await appendEvents(db, dialect, await withoutRepetitions(db, named, known), now)));
  }
  return fresh;
}

/** Each account has people of its own. */
async function learn(
  db: Database,
  dialect: DialectName,
  events: readonly BridgeEvent[],
  now: number,
): Promise<KnownPeople> {
  const [{ session = '', account = undefined } = {}] = events;
  if (!isStorable(session) || !isStorable(account ?? '')) return new Map();
  const scope = { session, account: account ?? currentAccount(await readAccounts(db, session)) };
  return learnFromEvents(db, dialect, scope, events, now);
}

/** Events that follow each other and are of one account. Nearly always there is one run. */
function runsOf(events: readonly BridgeEvent[]): BridgeEvent[][] {
  const runs: BridgeEvent[][] = [];
  for (const event of events) {
    const last = runs.at(-1);
    const before = last?.at(-1);
    if (last !== undefined && before?.session === event.session && before.account === event.account)
      last.push(event);
    else runs.push([event]);
  }
  return runs;
}

/** The ids by which messages and chats are looked up. */
const IDS = ['session', 'whatsapp_id', 'id', 'stanza_id', 'chat_id'];

/** Whether its ids can be asked for: one that is garbage is logged, and must not keep all that follow waiting for ever. */
function mayApply(event: LoggedEvent): boolean {
  const fields: Readonly<Record<string, unknown>> = { ...event, ...event.data };
  return IDS.map((name) => fields[name]).every((id) => typeof id !== 'string' || isStorable(id));
}

/** Whether the newest of them that tells the state of the session says that it is ready. */
function isReady(events: readonly LoggedEvent[], session: string): boolean {
  const states = events
    .filter((event) => event.kind === 'state')
    .filter((event) => event.session === session);
  return states.at(-1)?.data.state === 'ready';
}
