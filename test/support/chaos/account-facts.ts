import type { AcceptedAct } from '../../chaos/accounts/acts.ts';
import type { AccountFacts } from '../../chaos/accounts/ownership.ts';
import type { Facts, Received, State } from '../../chaos/facts.ts';

export const A = '15550001111';
export const B = '15557770000';
export const CHAT = '15552010000@c.us';
export const OTHER = '15552010001@c.us';
const START = Date.parse('2026-01-01T00:00:00.000Z');

/** Each moment is seconds from the start: A is linked, from 10 on B, at 20 the operator adopts; from 30 on A, at 40 he cancels. */
export const ACCOUNTS: AccountFacts = {
  marks: [
    { at: START, candidates: [A] },
    { at: at(9), candidates: [A, B] },
    { at: at(10), candidates: [B] },
    { at: at(29), candidates: [B, A] },
    { at: at(30), candidates: [A] },
  ],
  decisions: [
    { decision: 'adopt', to: B, from: at(20), until: at(21) },
    { decision: 'cancel', to: A, from: at(40), until: at(41) },
  ],
  present: A,
};

export function at(seconds: number): number {
  return START + seconds * 1_000;
}

export function iso(seconds: number): string {
  return new Date(at(seconds)).toISOString();
}

export function accepted(id: string, seconds: number, more: Partial<Facts['accepted'][number]> = {}) {
  const when = { at: iso(seconds), askedAt: iso(seconds) };
  return {
    chatId: CHAT,
    body: `text ${id}`,
    key: `key-${id}`,
    id,
    httpStatus: 202,
    tries: 1,
    ...when,
    ...more,
  };
}

export function received(id: string, phone: string, seconds: number, more: Partial<Received> = {}): Received {
  const whole = { id: `true_${CHAT}_${id}`, chat_id: CHAT, body: `text ${id}`, adds: 1, reactions: [] };
  return { ...whole, phone, received_at: iso(seconds), ...more };
}

export function act(
  id: string,
  kind: AcceptedAct['kind'],
  target: string,
  text: string,
  seconds: number,
): AcceptedAct {
  return { id, kind, target, text, key: `key-${id}`, at: iso(seconds), askedAt: iso(seconds) };
}

export function ended(seq: number, id: string, code: string) {
  return { seq, type: 'message_failed', data: { id, code } };
}

export const SENT: State = { status: 'read', attempts: 1, record: {} };
export const CANCELED: State = { status: 'canceled', code: 'message_canceled', attempts: 0, record: {} };
export const UNKNOWN: State = { status: 'failed', code: 'outcome_unknown', attempts: 1, record: {} };
export const LEFT_BEHIND: State = { status: 'failed', code: 'account_changed', attempts: 0, record: {} };

/** `sent` goes out from A at once, `adopted` from B, `ofB` from B; `doubt` may have gone out from A; `canceled` was B's. */
export const GOOD: Facts = {
  accepted: [
    accepted('sent', 1),
    accepted('doubt', 2),
    accepted('adopted', 3),
    accepted('ofB', 12),
    accepted('canceled', 26),
    accepted('ofA', 32),
    accepted('later', 2, { sendAt: iso(25) }),
  ],
  acts: [
    act('edit', 'edit', 'ofB', 'new text', 13),
    act('reaction', 'reaction', 'sent', '👍', 3),
    act('behind', 'reaction', 'doubt', '🎉', 4),
  ],
  refused: [],
  received: [
    received('sent', A, 2, { reactions: ['👍'] }),
    received('adopted', B, 22),
    received('ofB', B, 23, { body: 'new text' }),
    received('later', B, 25),
    received('ofA', A, 42),
  ],
  states: new Map([
    ...['sent', 'adopted', 'ofB', 'ofA', 'later', 'edit', 'reaction'].map((id) => [id, SENT] as const),
    ['doubt', UNKNOWN] as const,
    ['canceled', CANCELED] as const,
    ['behind', LEFT_BEHIND] as const,
  ]),
  accounts: ACCOUNTS,
  people: [],
  written: [
    { from: CHAT, body: 'answer 0 of person 0 in run 1', key: 'k', phone: A },
    { from: CHAT, body: 'answer 1 of person 0 in run 1', key: 'l', phone: B },
  ],
  unwritten: [],
  log: [
    { seq: 1, type: 'message', data: { body: 'answer 0 of person 0 in run 1' } },
    ended(2, 'doubt', 'outcome_unknown'),
    ended(3, 'behind', 'account_changed'),
    ended(4, 'canceled', 'message_canceled'),
  ],
  logBefore: 0,
  hooks: [],
  streams: [],
  elsewhere: [],
  resists: false,
  passesDuplicates: false,
  refusedForGood: [],
  retries: [],
  leftovers: [],
  failedServices: [],
  unaskedEnds: [],
};
