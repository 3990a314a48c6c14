import assert from 'node:assert/strict';
import type { Facts, Received, State } from '../../chaos/facts.ts';
import { judge } from '../../chaos/verdict.ts';
import {
  A,
  ACCOUNTS,
  B,
  CANCELED,
  ended,
  GOOD,
  LEFT_BEHIND,
  OTHER,
  received,
  SENT,
  UNKNOWN,
} from '../../support/chaos/account-facts.ts';

function withState(id: string, state: State): Facts['states'] {
  return new Map([...GOOD.states, [id, state]]);
}

/** The phones have this in place of what they have of a message. */
function withRows(id: string, ...rows: Received[]): readonly Received[] {
  return GOOD.received.flatMap((row) => (row.id.endsWith(`_${id}`) ? rows : [row]));
}

function expectFinding(facts: Partial<Facts>, finding: RegExp): void {
  const findings = judge({ ...GOOD, ...facts });
  assert.ok(
    findings.some((each) => finding.test(each.what)),
    JSON.stringify(findings),
  );
}

describe('verdict of a chaos run in which another phone scans', () => {
  it('finds nothing where each message went out once, from its account, or its end says why not', () => {
    assert.deepEqual(judge(GOOD), []);
  });

  it('lets a message that may have been sent turn out to have been', () => {
    const there = { received: [received('doubt', A, 8), ...withRows('')] };
    assert.deepEqual(
      judge({ ...GOOD, ...there }).map(({ what }) => what),
      ['out of order: to 15552010000@c.us from 15550001111, doubt arrived before sent'],
    );
    const rows = [...GOOD.received.slice(0, 1), received('doubt', A, 8), ...GOOD.received.slice(1)];
    assert.deepEqual(judge({ ...GOOD, received: rows }), []);
    assert.deepEqual(judge({ ...GOOD, received: rows, states: withState('doubt', SENT) }), []);
  });

  const bad: [what: string, facts: Partial<Facts>, finding: RegExp][] = [
    [
      'a message sent from the second account before it was adopted',
      { received: withRows('adopted', received('adopted', B, 15)) },
      /^sent from the wrong account: from 15557770000/,
    ],
    [
      'a message of the second account sent from the first',
      { received: withRows('ofB', received('ofB', A, 35, { body: 'new text' })) },
      /^sent from the wrong account: from 15550001111/,
    ],
    [
      'an adopted message that still went out from the first account',
      { received: withRows('adopted', received('adopted', A, 35)) },
      /^sent from the wrong account: from 15550001111/,
    ],
    [
      'a message sent from the second account, although it may have been sent from the first',
      { received: [...withRows(''), received('doubt', A, 4), received('doubt', B, 24)] },
      /^doubled over accounts: it went out from 15550001111 and 15557770000/,
    ],
    [
      'a message sent from both accounts',
      { received: withRows('adopted', received('adopted', A, 5), received('adopted', B, 22)) },
      /^doubled over accounts/,
    ],
    [
      'a message that arrived twice from one account',
      { received: [...GOOD.received, received('ofA', A, 43)] },
      /^doubled: it arrived 2 times/,
    ],
    [
      'a canceled message that was sent',
      { received: [...GOOD.received, received('canceled', A, 44)] },
      /^sent from the wrong account: from 15550001111 .* none, because it had been canceled/,
    ],
    [
      'a message that counts as canceled and was sent before that',
      { received: [...GOOD.received, received('canceled', B, 27)] },
      /^arrived from 15557770000, but is canceled/,
    ],
    ['a lost message', { received: withRows('ofA') }, /^lost: "text ofA"/],
    [
      'a message that waits for ever',
      { states: withState('ofA', { ...SENT, status: 'queued' }), received: withRows('ofA') },
      /^lost: it is queued/,
    ],
    [
      'a message canceled by nobody',
      { states: withState('ofA', CANCELED), received: withRows('ofA') },
      /^lost: it is canceled \(message_canceled\): "text ofA"/,
    ],
    [
      'an unknown outcome of what was never tried',
      { states: withState('doubt', { ...UNKNOWN, attempts: 0 }) },
      /^lost: it is failed \(outcome_unknown\): "text doubt"/,
    ],
    [
      'an unknown outcome that no decision caused',
      {
        states: withState('ofA', UNKNOWN),
        accounts: { ...ACCOUNTS, decisions: [] },
        received: withRows('ofA'),
      },
      /^lost: it is failed \(outcome_unknown\): "text ofA"/,
    ],
    [
      'another order from one account',
      {
        received: [
          ...GOOD.received.slice(0, 1),
          received('ofB', B, 22, { body: 'new text' }),
          received('adopted', B, 23),
          ...GOOD.received.slice(3),
        ],
      },
      /^out of order: to 15552010000@c.us from 15557770000, ofB arrived before adopted/,
    ],
    [
      'a message in the chat of somebody else',
      { received: withRows('ofA', received('ofA', A, 42, { chat_id: OTHER })) },
      /^arrived at 15552010001@c.us/,
    ],
    ['a message of nobody', { received: [...GOOD.received, received('X', A, 43)] }, /^nobody sent what/],
    [
      'an edit that did not arrive',
      { received: withRows('ofB', received('ofB', B, 23)) },
      /^lost: the edit of ofB/,
    ],
    [
      'a text that nobody gave it',
      { received: withRows('ofA', received('ofA', A, 42, { body: 'x' })) },
      /^changed: "text ofA" arrived as "x"/,
    ],
    [
      'a reaction that did not arrive',
      { received: withRows('sent', received('sent', A, 2)) },
      /^lost: the reaction of sent/,
    ],
    [
      'a reaction that counts as canceled and is there',
      { states: withState('reaction', CANCELED) },
      /^the reaction of sent is there, but is canceled/,
    ],
    [
      'a reaction that failed without a reason',
      { states: withState('behind', { ...LEFT_BEHIND, code: 'x' }) },
      /^lost: the reaction of doubt is failed \(x\)/,
    ],
    [
      'an end without an event',
      { log: GOOD.log.filter(({ seq }) => seq !== 4) },
      /^is canceled, and the log has 0 ends/,
    ],
    [
      'an event of an end that was none',
      { log: [...GOOD.log, ended(5, 'ofA', 'message_canceled')] },
      /^is read, and the log has 1 ends/,
    ],
    [
      'a message to the phone that is linked missing in the log',
      { log: GOOD.log.slice(1) },
      /^in the log 0 times: "answer 0 of person 0/,
    ],
  ];
  for (const [what, facts, finding] of bad) it(`finds ${what}`, () => expectFinding(facts, finding));
});
