import assert from 'node:assert/strict';
import type { Seen } from '../../hostile/backends/seen.ts';
import { DIFFERENCES } from '../../hostile/differences.ts';
import { readResponses } from '../../hostile/responses.ts';
import { readStrictly } from '../../hostile/strict-reading.ts';
import { findFaults } from '../../hostile/verdict.ts';
import { SECRET } from '../../support/gate/test-gate.ts';

const ADDRESS = '127.1.2.3';
const HEAD = 'Host: h.test\r\nX-Case: c-0\r\n';
const PLAIN = `GET /api/x HTTP/1.1\r\n${HEAD}X-Own: a\r\n\r\n`;
const ANSWER = 'HTTP/1.1 200 OK\r\nX-Saw: c-0\r\nContent-Length: 2\r\n\r\nok';
const REFUSAL =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: 12\r\n\r\n{"code":"x"}';

const SEEN: Seen = {
  address: ADDRESS,
  caseId: 'c-0',
  method: 'GET',
  target: '/api/x',
  zone: 'api',
  resolved: '/api/x',
  headers: [
    ['X-Case', 'c-0'],
    ['X-Own', 'a'],
    ['host', 'h.test'],
    ['via', '1.1 gatehouse'],
    ['x-real-ip', ADDRESS],
    ['x-forwarded-for', ADDRESS],
    ['x-gatehouse-secret', SECRET],
  ],
  hasAllHeaders: true,
  body: '',
  trailers: 0,
  isWhole: true,
  isRefused: false,
};

function judge(sent: string, received: string, ...seen: Seen[]): string {
  const reading = readStrictly(sent, new Set());
  const methods = reading.requests.map(({ method }) => method);
  const answers = readResponses(received, methods, true);
  const transcript = { ...answers, received, isFinished: true, wasReset: false };
  return findFaults({ address: ADDRESS, reading, transcript, seen, differences: DIFFERENCES.node }).join(
    '\n',
  );
}

describe('the verdict on hostile cases', () => {
  it('is content with a request that came through as it was', () => {
    assert.equal(judge(PLAIN, ANSWER, SEEN), '');
  });

  it('is content with a refusal that gives its reason', () => {
    assert.equal(judge(PLAIN.replace('/api', '/internal'), REFUSAL), '');
  });

  const vectors: [what: string, sent: string, received: string, seen: Seen[], fault: RegExp][] = [
    ['a request that nobody sent', PLAIN, ANSWER, [SEEN, SEEN], /saw what was not sent/],
    ['another method', PLAIN, ANSWER, [{ ...SEEN, method: 'PUT' }], /saw what was not sent/],
    ['another target', PLAIN, ANSWER, [{ ...SEEN, target: '/api/y' }], /saw what was not sent/],
    ['a body that was not sent', PLAIN, ANSWER, [{ ...SEEN, body: 'x' }], /saw what was not sent/],
    ['a private part', PLAIN, ANSWER, [{ ...SEEN, zone: 'internal' }], /not exposed/],
    ['a path that leads elsewhere', PLAIN, ANSWER, [{ ...SEEN, resolved: '/internal' }], /not exposed/],
    [
      'what should be refused',
      PLAIN.replace('/api/x', '/API/x'),
      ANSWER,
      [{ ...SEEN, target: '/API/x' }],
      /should be refused/,
    ],
    ['a header more', PLAIN, ANSWER, [withHeader('X-More', '1')], /headers were changed/],
    ['a header less', PLAIN, ANSWER, [{ ...SEEN, headers: SEEN.headers.slice(1) }], /headers were changed/],
    ['a hop-by-hop header', PLAIN, ANSWER, [withHeader('Keep-Alive', '5')], /hop-by-hop/],
    ['a forged address', PLAIN, ANSWER, [withHeader('X_Real_IP', '6.6.6.6')], /is not the gate's/],
    ['a forged secret', PLAIN, ANSWER, [withHeader('x-gatehouse-secret', 'forged')], /is not the gate's/],
    ['trailers', PLAIN, ANSWER, [{ ...SEEN, trailers: 1 }], /trailers/],
    ['no answer', PLAIN, '', [SEEN], /no answer/],
    ['a refusal of what is in order', PLAIN, REFUSAL, [], /in order/],
    ['two answers to one request', PLAIN, ANSWER + ANSWER, [SEEN], /2 answers to 1 request/],
    ['the answer to another request', PLAIN, ANSWER.replace('c-0', 'c-1'), [SEEN], /another request/],
    ['an answer without a request', PLAIN.replace('/api', '/x'), ANSWER, [], /saw no such request/],
    ['a gate of a 502', PLAIN, REFUSAL.replace('400', '502'), [], /do not read alike/],
    ['a refusal without a reason', PLAIN.replace('/api', '/x'), 'HTTP/1.1 400 x\r\n\r\nno', [], /no reason/],
    ['a leak of the secret', PLAIN, ANSWER.replace('200 OK', `200 ${SECRET}`), [SEEN], /boot secret/],
    ['what is no HTTP', PLAIN, `${ANSWER}noise`, [SEEN], /no HTTP/],
  ];
  for (const [what, sent, received, seen, fault] of vectors) {
    it(`notices ${what}`, () => assert.match(judge(sent, received, ...seen), fault));
  }

  it('takes a body that is cut for a part of what was sent, and never for the whole', () => {
    const sent = `POST /api/x HTTP/1.1\r\n${HEAD}X-Own: a\r\nContent-Length: 9\r\n\r\nabcd`;
    const part = { ...SEEN, method: 'POST', body: 'ab', isWhole: false };
    assert.equal(judge(sent, '', part), '');
    assert.match(judge(sent, '', { ...part, body: 'abcd', isWhole: true }), /not sent/);
    assert.match(judge(sent, '', { ...part, body: 'xy' }), /not sent/);
  });
});

function withHeader(name: string, value: string): Seen {
  return { ...SEEN, headers: [...SEEN.headers, [name, value]] };
}
