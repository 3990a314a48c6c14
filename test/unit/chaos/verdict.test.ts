import assert from 'node:assert/strict';
import type { Facts } from '../../chaos/facts.ts';
import { Random } from '../../chaos/random.ts';
import { outcomeOf } from '../../chaos/report.ts';
import { judge } from '../../chaos/verdict.ts';

const CHAT = '15552010000@c.us';
const at = '2026-01-01T00:00:00.000Z';

function accepted(id: string, body: string) {
  return { chatId: CHAT, body, key: `key-${id}`, id, httpStatus: 202, tries: 1, at };
}

function received(id: string, body: string, adds = 1) {
  return { id: `true_${CHAT}_${id}`, chat_id: CHAT, body, adds };
}

function arrival(seq: number, type = 'message') {
  return { seq, type, isVerified: true, wasTaken: true };
}

const GOOD: Facts = {
  accepted: [accepted('A', 'one'), accepted('B', 'ok'), accepted('C', 'ok')],
  refused: [],
  received: [received('A', 'one'), received('B', 'ok'), received('C', 'ok')],
  states: new Map(['A', 'B', 'C'].map((id) => [id, { status: 'read', record: {} }])),
  written: [{ from: CHAT, body: 'answer 0 of person 0 in run 1', key: 'k' }],
  unwritten: [],
  log: [
    { seq: 3, type: 'message_sent', data: { body: 'typed elsewhere' } },
    { seq: 4, type: 'state', data: {} },
    { seq: 5, type: 'message', data: { body: 'answer 0 of person 0 in run 1' } },
    { seq: 7, type: 'ack', data: {} },
  ],
  logBefore: 4,
  hooks: [
    {
      name: 'all',
      types: undefined,
      arrivals: [arrival(5), arrival(5), arrival(7, 'ack')],
    },
    { name: 'messages', types: ['message'], arrivals: [arrival(5)] },
  ],
  streams: [{ name: 'stream', seqs: [5, 7], connections: 1 }],
  acts: [],
  people: [],
  elsewhere: [{ from: 'another device', body: 'typed elsewhere', key: 'K' }],
  resists: false,
  passesDuplicates: false,
  refusedForGood: [],
  retries: [],
  leftovers: [],
  failedServices: [],
  unaskedEnds: [],
};

function withStatus(id: string, status: string): Facts['states'] {
  return new Map([...GOOD.states, [id, { status, record: {} }]]);
}

describe('verdict of a chaos run', () => {
  it('finds nothing where each message arrived once and in order', () => {
    assert.deepEqual(judge(GOOD), []);
    assert.deepEqual(judge({ ...GOOD, resists: true }), []);
  });

  const bad: [what: string, facts: Partial<Facts>, finding: RegExp][] = [
    ['a lost message', { received: GOOD.received.slice(0, 2) }, /^lost: "ok"/],
    ['a doubled message', { received: [...GOOD.received, received('C', 'ok')] }, /^doubled: "ok"/],
    [
      'a message sent again under another id',
      { received: [...GOOD.received, received('D', 'ok')] },
      /^nobody sent/,
    ],
    ['a message added twice', { received: [received('A', 'one', 2), ...GOOD.received.slice(1)] }, /added 2/],
    ['a changed text', { received: [received('A', 'two'), ...GOOD.received.slice(1)] }, /^changed/],
    [
      'another order',
      { received: [received('B', 'ok'), received('A', 'one'), received('C', 'ok')] },
      /^out of order/,
    ],
    ['a message of nobody', { received: [...GOOD.received, received('X', 'strange')] }, /^nobody sent/],
    ['a state short of sent', { states: new Map([['A', { status: 'queued', record: {} }]]) }, /is queued/],
    ['a message left sending', { states: withStatus('C', 'sending') }, /^is sending, not sent/],
    [
      'a failed message that nobody has refused',
      { states: withStatus('C', 'failed'), received: GOOD.received.slice(0, 2) },
      /^is failed, not sent, and nobody has refused it for good/,
    ],
    [
      'a failed message that was refused and arrived all the same',
      { states: withStatus('C', 'failed'), refusedForGood: ['C'] },
      /^is failed, not sent/,
    ],
    [
      'a refused message that does not count as failed',
      { refusedForGood: ['C'], received: GOOD.received.slice(0, 2) },
      /^lost: "ok"/,
    ],
    [
      'a second delivery',
      { received: [{ ...received('A', 'one'), deliveries: 2 }, ...GOOD.received.slice(1)] },
      /^delivered 2 times: "one"/,
    ],
    [
      'a message of another device missing in the log',
      { elsewhere: [{ from: 'another device', body: 'unheard', key: 'K' }] },
      /^of another device, in the log 0 times: "unheard"/,
    ],
    [
      'a refused message',
      { refused: [{ chatId: CHAT, body: 'x', key: 'k', why: '500' }] },
      /^never accepted/,
    ],
    ['a message missing in the log', { log: GOOD.log.filter(({ seq }) => seq !== 5) }, /in the log 0 times/],
    [
      'a message twice in the log',
      { log: [...GOOD.log, { seq: 9, type: 'message', data: { body: 'answer 0 of person 0 in run 1' } }] },
      /in the log 2 times/,
    ],
    [
      'a message given up',
      { log: [...GOOD.log, { seq: 9, type: 'message_failed', data: { id: 'A' } }] },
      /^given up/,
    ],
    ['a log out of order', { log: GOOD.log.toReversed() }, /out of order or twice/],
    [
      'an event that a stream left out',
      { streams: [{ name: 'stream', seqs: [7], connections: 1 }] },
      /did not give event 5/,
    ],
    [
      'an event that a stream repeated',
      { streams: [{ name: 'stream', seqs: [5, 5, 7], connections: 2 }] },
      /gave event 5 out of order or twice/,
    ],
    ['a process left behind', { leftovers: ['process 7'] }, /^left behind/],
    ['a service given up', { failedServices: ['bridge'] }, /^given up by/],
    ['an end that nobody asked for', { unaskedEnds: ['1'] }, /^the kit ended/],
  ];
  for (const [what, facts, finding] of bad) {
    it(`finds ${what}`, () => {
      const findings = judge({ ...GOOD, ...facts });
      assert.ok(
        findings.some((each) => finding.test(each.what)),
        JSON.stringify(findings),
      );
    });
  }

  const hooks: [what: string, arrivals: Facts['hooks'][number]['arrivals'], finding: RegExp][] = [
    ['misses an event', [arrival(5)], /was not given event 7/],
    ['never took an event', [arrival(5), { ...arrival(7, 'ack'), wasTaken: false }], /was not given event 7/],
    ['has them out of order', [arrival(7, 'ack'), arrival(5)], /event 5 out of order/],
    ['has a wrong signature', [arrival(5), { ...arrival(7, 'ack'), isVerified: false }], /wrong signature/],
    ['was given what is not in the log', [arrival(5), arrival(6), arrival(7)], /event 6, which is not/],
  ];
  for (const [what, arrivals, finding] of hooks) {
    it(`finds a webhook that ${what}`, () => {
      const findings = judge({ ...GOOD, hooks: [{ name: 'all', types: undefined, arrivals }] });
      assert.ok(
        findings.some((each) => finding.test(each.what)),
        JSON.stringify(findings),
      );
    });
  }

  it('lets a message fail that the server has refused for good', () => {
    const facts = {
      ...GOOD,
      states: withStatus('C', 'failed'),
      received: GOOD.received.slice(0, 2),
      refusedForGood: ['C'],
      log: [...GOOD.log, { seq: 8, type: 'message_failed', data: { id: 'C' } }],
      hooks: [],
      streams: [],
    };
    assert.deepEqual(judge(facts), []);
  });

  it('counts doubles where the server passes them on, and still finds a loss', () => {
    const twice = [
      { ...received('A', 'one'), received_at: at, deliveries: 3 },
      { ...received('B', 'ok'), received_at: at, deliveries: 2 },
    ];
    // That of A was its first way out.
    const retries = [
      { id: 'A', at: '2025-12-31T23:59:59.000Z' },
      { id: 'B', at: '2026-01-01T00:00:01.000Z' },
    ];
    const facts = {
      ...GOOD,
      passesDuplicates: true,
      retries,
      received: [...twice, received('C', 'ok')],
    };
    assert.deepEqual(judge(facts), []);
    const { lost, doubled, doubledByRetry } = outcomeOf({ facts, findings: [] });
    assert.deepEqual([lost, doubled, doubledByRetry], [0, 3, 1]);
    const findings = judge({ ...facts, received: twice });
    assert.match(findings[0]?.what ?? '', /^lost: "ok"/);
    assert.equal(outcomeOf({ facts, findings }).lost, 1);
  });

  it('knows texts that were sent twice apart where the page chose the ids', () => {
    const anyId = GOOD.received.map((message, index) => ({ ...message, id: `true_${CHAT}_OTHER${index}` }));
    assert.deepEqual(judge({ ...GOOD, received: anyId, resists: true }), []);
    const findings = judge({ ...GOOD, received: anyId.slice(0, 2), resists: true });
    assert.match(findings[0]?.what ?? '', /^lost: "ok"/);
  });
});

describe('chance of a chaos run', () => {
  it('is the same for the same seed, and for each actor another', () => {
    const draw = (random: Random) => Array.from({ length: 20 }, () => random.whole(0, 999));
    assert.deepEqual(draw(new Random(7).fork('a')), draw(new Random(7).fork('a')));
    assert.notDeepEqual(draw(new Random(7).fork('a')), draw(new Random(7).fork('b')));
    assert.notDeepEqual(draw(new Random(7)), draw(new Random(8)));
    assert.deepEqual(new Random(7).shuffled([1, 2, 3, 4, 5]).toSorted(), [1, 2, 3, 4, 5]);
  });
});
