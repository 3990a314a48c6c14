import type { RequestHandler } from 'express';
import { type BridgeEvent, eventBatchSchema, type LoggedEvent } from '../../contract/events.ts';
import type { Account } from '../../contract/person.ts';
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
import { formsOfKey, type IdsFor, idsAmong, withoutRepetitions } from './repetitions.ts';
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
      const usable = [...fresh.keys()].filter(mayApply);
      await noteLinks(db, dialect, usable, now);
      const changed = await applyEvents(db, usable, now, (event) => fresh.get(event) ?? []);
      return { added: [...fresh.keys()], changed };
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
 * were new, in order, each with the ids that its message may have at WhatsApp.
 */
async function take(
  db: Database,
  dialect: DialectName,
  events: readonly BridgeEvent[],
  now: number,
): Promise<ReadonlyMap<LoggedEvent, readonly string[]>> {
  await lockLog(db, dialect);
  const fresh = new Map<LoggedEvent, readonly string[]>();
  for (const run of runsOf(events)) {
    const { known, own } = await learn(db, dialect, run, now);
    const named = run.map((event) => withPeople(event, known));
    const idsFor = idsAmong(known, own);
    const added = await appendEvents(db, dialect, await withoutRepetitions(db, named, idsFor), now);
    for (const event of added) fresh.set(event, whatsappIdsOf(event, idsFor));
  }
  return fresh;
}

/** The ids that the message of an event may have at WhatsApp: one for each address of its chat. */
function whatsappIdsOf(event: LoggedEvent, idsFor: IdsFor): readonly string[] {
  return 'whatsapp_id' in event ? formsOfKey(event.whatsapp_id, idsFor) : [];
}

/** Each account has people of its own. `own`: the account itself, where it is known by more than its id. */
async function learn(
  db: Database,
  dialect: DialectName,
  events: readonly BridgeEvent[],
  now: number,
): Promise<{ readonly known: KnownPeople; readonly own: Account | undefined }> {
  const [{ session = '', account: said = undefined } = {}] = events;
  if (!isStorable(session) || !isStorable(said ?? '')) return { known: new Map(), own: undefined };
  const accounts = await readAccounts(db, session);
  const account = said ?? currentAccount(accounts);
  const own = [accounts.linked, accounts.owner].find((one) => one?.id === account);
  return { known: await learnFromEvents(db, dialect, { session, account }, events, now), own };
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
