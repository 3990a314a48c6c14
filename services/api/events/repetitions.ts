import type { BridgeEvent } from '../../contract/events.ts';
import { type Account, idsOf } from '../../contract/person.ts';
import { toPerson } from '../people/known-people.ts';
import { type KnownPeople, placesOfIds } from '../people/people-in-events.ts';
import type { Database } from '../store/store.ts';
import { toStorableKey, toStorableText } from './storable-text.ts';

/** Two addresses in a key, each in two forms, and room for a third. */
const MOST_FORMS = 8;
/** Keys that are asked for in one query. */
const AT_ONCE = 500;

/**
 * Leaves out events that are in the log, or among the given ones, under another address of the same chat or person: a chat
 * that was moved from a number to a LID has its messages under both. An event that another account of the session has too,
 * such as a message in a group of both, is one of its own, under a key of its own.
 */
export async function withoutRepetitions(
  db: Database,
  events: readonly BridgeEvent[],
  idsFor: IdsFor,
): Promise<BridgeEvent[]> {
  const candidates = events.map((event) => ({ event, forms: formsOf(event, idsFor) }));
  const logged = await readKeys(db, candidates);
  const taken = new Set<string>();
  const fresh: BridgeEvent[] = [];
  for (const { event, forms } of candidates) {
    const names = forms.map((form) => nameOf(event, form));
    const rows = names.flatMap((name) => logged.get(name) ?? []);
    if (
      rows.some((row) => isOfAccount(event, row)) ||
      names.some((name) => taken.has(`${name} ${event.account}`))
    )
      continue;
    for (const name of names) taken.add(`${name} ${event.account}`);
    fresh.push(rows.length === 0 ? event : { ...event, key: ownKey(event) });
  }
  return fresh;
}

/** The ids of the person of an id, that id among them. */
export type IdsFor = (id: string) => readonly string[];

/** As far as is known. The account that is linked has its own ids in what it does. */
export function idsAmong(known: KnownPeople, own: Account | undefined): IdsFor {
  const ownIds = own === undefined ? [] : [own.id, ...(own.lid === undefined ? [] : [own.lid])];
  return (id) => {
    const person = known.get(id)?.person;
    if (person !== undefined) return [...new Set([id, ...idsOf(toPerson(person))])];
    return ownIds.includes(id) ? ownIds : [id];
  };
}

/** A key, or the id of a message, with each id of a person in each of its forms: the given one first. */
export function formsOfKey(key: string, idsFor: IdsFor): string[] {
  let forms = [''];
  let end = 0;
  for (const { id, index } of placesOfIds(key)) {
    const ids = [id, ...idsFor(id).filter((one) => one !== id)];
    const before = key.slice(end, index);
    forms = forms.flatMap((form) => ids.map((one) => form + before + one)).slice(0, MOST_FORMS);
    end = index + id.length;
  }
  return forms.map((form) => form + key.slice(end));
}

interface LoggedKey {
  readonly account: string | null;
}

interface Candidate {
  readonly event: BridgeEvent;
  readonly forms: readonly string[];
}

/** An event of an earlier release may be of any account. */
function isOfAccount({ account }: BridgeEvent, row: LoggedKey): boolean {
  return row.account === null || account === undefined || row.account === account;
}

function ownKey({ key, account }: BridgeEvent): string {
  return `${key}@${account ?? ''}`;
}

/** Every key that the same event may have in the log. */
function formsOf(event: BridgeEvent, idsFor: IdsFor): string[] {
  const keys = formsOfKey(event.key, idsFor);
  if (event.account === undefined) return keys;
  return keys.flatMap((key) => [key, ownKey({ ...event, key })]);
}

async function readKeys(
  db: Database,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<string, readonly LoggedKey[]>> {
  const logged = new Map<string, LoggedKey[]>();
  const sessions = Map.groupBy(candidates, ({ event }) => toStorableText(event.session));
  for (const [session, ofSession] of sessions) {
    const keys = [...new Set(ofSession.flatMap(({ forms }) => forms.map(toStorableKey)))];
    for (let start = 0; start < keys.length; start += AT_ONCE) {
      const rows = await db
        .selectFrom('events')
        .select(['key', 'account'])
        .where('session', '=', session)
        .where('key', 'in', keys.slice(start, start + AT_ONCE))
        .execute();
      for (const { key, account } of rows) {
        const name = `${session}/${key}`;
        logged.set(name, [...(logged.get(name) ?? []), { account }]);
      }
    }
  }
  return logged;
}

function nameOf({ session }: BridgeEvent, form: string): string {
  return `${toStorableText(session)}/${toStorableKey(form)}`;
}
