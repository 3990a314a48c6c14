import { type Facts, type Finding, found, type Received, SENT, stanzaOf } from '../facts.ts';
import type { AcceptedAct } from './acts.ts';
import { type Acceptance, type AccountFacts, decisionsAbout, ownersAt } from './ownership.ts';

interface Ended extends Acceptance {
  readonly id: string;
  readonly key: string;
}

/**
 * Where another phone scans in mid-run: each message goes out once, from the account that it belongs to at that moment, in
 * the order of acceptance for each account, or its end says why it did not.
 */
export function judgeAccounts(facts: Facts, accounts: AccountFacts): Finding[] {
  const { accepted, acts, received } = facts;
  const rows = Map.groupBy(received, ({ id }) => stanzaOf(id));
  const known = new Set(accepted.map(({ id }) => id));
  return [
    ...accepted.flatMap((message) => {
      const { id, key, body, chatId } = message;
      const there = rows.get(id) ?? [];
      const edits = acts.filter(({ kind, target }) => kind === 'edit' && target === id);
      return [
        ...judgeRows(message, there, accounts),
        ...there
          .filter((row) => row.body !== body && !edits.some(({ text }) => text === row.body))
          .map((row) =>
            found(`changed: ${JSON.stringify(body)} arrived as ${JSON.stringify(row.body)}`, id, key),
          ),
        ...there
          .filter(({ chat_id }) => chat_id !== chatId)
          .map(({ chat_id }) => found(`arrived at ${chat_id}, not at ${chatId}`, id, key)),
        ...judgeEnd(message, there, facts, accounts),
      ];
    }),
    ...received
      .filter(({ id }) => !known.has(stanzaOf(id)))
      .map(({ id, body }) => found(`nobody sent what arrived: ${JSON.stringify(body)}`, id)),
    ...judgeOrder(facts),
    ...acts.flatMap((act) => judgeAct(act, rows.get(act.target)?.[0], facts, accounts)),
    ...judgeEvents(facts),
  ];
}

/** How often it went out, and from where. */
function judgeRows(message: Ended, rows: readonly Received[], accounts: AccountFacts): Finding[] {
  const { id, key } = message;
  const phones = [...new Set(rows.map(({ phone = '' }) => phone))];
  return [
    ...(phones.length > 1
      ? [found(`doubled over accounts: it went out from ${phones.join(' and ')}`, id, key)]
      : []),
    ...(rows.length > phones.length ? [found(`doubled: it arrived ${rows.length} times`, id, key)] : []),
    ...rows.flatMap(({ phone = '', received_at = '', adds = 1, deliveries = 1 }) => {
      const owners = ownersAt(accounts, message, Date.parse(received_at));
      return [
        ...(owners.has(phone)
          ? []
          : [
              found(
                `sent from the wrong account: from ${phone} at ${received_at}, when it belonged to ${[...owners].join(' or ') || 'none, because it had been canceled'}`,
                id,
                key,
              ),
            ]),
        ...(adds === 1 ? [] : [found(`added ${adds} times by the page`, id, key)]),
        ...(deliveries === 1 ? [] : [found(`delivered ${deliveries} times`, id, key)]),
      ];
    }),
  ];
}

/** What the kit says became of it, against what the phones have. */
function judgeEnd(
  message: Ended & { readonly body: string },
  rows: readonly Received[],
  { states }: Facts,
  accounts: AccountFacts,
): Finding[] {
  const { id, key, body } = message;
  const { status = 'unknown to the kit', code, attempts = 0 } = states.get(id) ?? {};
  const text = JSON.stringify(body);
  const decisions = decisionsAbout(accounts, message);
  if (SENT.includes(status)) return rows.length > 0 ? [] : [found(`lost: ${text}`, id, key)];
  if (status === 'failed' && code === 'outcome_unknown' && decisions.length > 0 && attempts > 0) return [];
  const isCanceled = status === 'canceled' && decisions.some(({ decision }) => decision === 'cancel');
  if (isCanceled && rows.length === 0) return [];
  const what = rows.length > 0 ? `arrived from ${rows[0]?.phone}, but is` : 'lost: it is';
  return [found(`${what} ${status}${code === undefined ? '' : ` (${code})`}: ${text}`, id, key)];
}

/** Each person has what each account sent in the order of acceptance. Scheduled messages come at their time. */
function judgeOrder({ accepted, received }: Facts): Finding[] {
  const place = new Map(accepted.map(({ id }, index) => [id, index]));
  const scheduled = new Set(accepted.flatMap(({ id, sendAt }) => (sendAt === undefined ? [] : [id])));
  const sequences = Map.groupBy(
    received.filter(({ id }) => place.has(stanzaOf(id)) && !scheduled.has(stanzaOf(id))),
    ({ chat_id, phone = '' }) => `${chat_id} from ${phone}`,
  );
  return [...sequences].flatMap(([whose, messages]) =>
    messages.flatMap(({ id }, index) => {
      const before = messages[index - 1]?.id ?? id;
      const isRight = (place.get(stanzaOf(id)) ?? 0) >= (place.get(stanzaOf(before)) ?? 0);
      if (isRight) return [];
      const [one, other] = [stanzaOf(before), stanzaOf(id)];
      return [found(`out of order: to ${whose}, ${one} arrived before ${other}`, one, other)];
    }),
  );
}

/** A reaction or an edit: it shows where it counts as sent, and only there. */
function judgeAct(
  act: AcceptedAct,
  row: Received | undefined,
  { states }: Facts,
  accounts: AccountFacts,
): Finding[] {
  const { id, key, kind, text, target } = act;
  const { status = 'unknown to the kit', code } = states.get(id) ?? {};
  const isThere = kind === 'edit' ? row?.body === text : (row?.reactions ?? []).includes(text);
  const what = `${kind} of ${target}`;
  if (SENT.includes(status)) return isThere ? [] : [found(`lost: the ${what} is ${status}`, id, key, target)];
  const decisions = decisionsAbout(accounts, act);
  if (status === 'failed' && code === 'outcome_unknown' && decisions.length > 0) return [];
  if (isThere) return [found(`the ${what} is there, but is ${status}`, id, key, target)];
  const isCanceled = status === 'canceled' && decisions.some(({ decision }) => decision === 'cancel');
  const isLeftBehind =
    status === 'failed' &&
    code === 'account_changed' &&
    decisions.some(({ decision }) => decision === 'adopt');
  if (isCanceled || isLeftBehind) return [];
  return [found(`lost: the ${what} is ${status}${code === undefined ? '' : ` (${code})`}`, id, key, target)];
}

/** The event log has the end of each message that was not sent, once, and no other end. */
function judgeEvents({ accepted, acts, states, log }: Facts): Finding[] {
  const ends = Map.groupBy(
    log.filter(({ type }) => type === 'message_failed'),
    ({ data }) => String(data.id),
  );
  return [...accepted, ...acts].flatMap(({ id, key }) => {
    const events = ends.get(id) ?? [];
    const { status = '' } = states.get(id) ?? {};
    // An acknowledgement that came later corrects an end that was in doubt.
    const isCorrected = SENT.includes(status) && events.every(({ data }) => data.code === 'outcome_unknown');
    const wanted = ['failed', 'canceled'].includes(status) ? 1 : 0;
    if (events.length === wanted || (isCorrected && events.length === 1)) return [];
    return [found(`is ${status}, and the log has ${events.length} ends of it`, id, key)];
  });
}
