import assert from 'node:assert/strict';
import type { Facts } from '../../chaos/facts.ts';
import { judge } from '../../chaos/verdict.ts';
import { A, accepted, CHAT, GOOD, OTHER, received, SENT } from '../../support/chaos/account-facts.ts';

describe('verdict of a chaos run in which a person has several names', () => {
  const person = {
    chatId: CHAT,
    chats: ['1@lid'],
    byForm: new Map([
      ['15552010000', ['P', 'Q']],
      ['1@lid', ['P', 'Q']],
    ]),
  };
  const ONE: Facts = {
    ...GOOD,
    accounts: undefined,
    accepted: [accepted('P', 1, { asked: '15552010000' }), accepted('Q', 2, { asked: '1@lid' })],
    acts: [],
    received: [received('P', A, 2), received('Q', A, 3)],
    states: new Map([
      ['P', SENT],
      ['Q', SENT],
    ]),
    people: [person],
    written: [],
    log: [],
  };

  it('finds nothing where the person has one chat, one order and one list of messages', () => {
    assert.deepEqual(judge(ONE), []);
  });

  const bad: [what: string, facts: Partial<Facts>, finding: RegExp][] = [
    ['another order over the forms', { received: ONE.received.toReversed() }, /^out of order/],
    [
      'a message to one form that arrived in the chat of another',
      { received: [received('P', A, 2), received('Q', A, 3, { chat_id: OTHER })] },
      /^lost: "text Q"/,
    ],
    ['a second chat', { people: [{ ...person, chats: ['1@lid', CHAT] }] }, /has 2 chats, not one: 1@lid/],
    ['no chat', { people: [{ ...person, chats: [] }] }, /has 0 chats/],
    [
      'a form under which a message is missing',
      { people: [{ ...person, byForm: new Map([['1@lid', ['P']]]) }] },
      /^under 1@lid the messages of .* lack or have too many: Q/,
    ],
    [
      'a form under which a message is listed twice',
      { people: [{ ...person, byForm: new Map([['1@lid', ['P', 'Q', 'Q']]]) }] },
      /^under 1@lid the messages of .* lack or have too many: Q/,
    ],
    [
      'a form under which they are in another order',
      { people: [{ ...person, byForm: new Map([['1@lid', ['Q', 'P']]]) }] },
      /^under 1@lid the messages of .* are in another order/,
    ],
  ];
  for (const [what, facts, finding] of bad)
    it(`finds ${what}`, () => {
      const findings = judge({ ...ONE, ...facts });
      assert.ok(
        findings.some((each) => finding.test(each.what)),
        JSON.stringify(findings),
      );
    });
});
