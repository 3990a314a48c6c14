import assert from 'node:assert/strict';
import { ENDED, readSendError, SendEndedError } from '../../../../services/bridge/page/errors.ts';
import { refusalOf } from '../../../../services/bridge/send/errors.ts';
import { refusalIn } from '../../../../services/bridge/send/refusals.ts';

const TO = '15552220000@c.us';

describe('bridge, how the page ended a send', () => {
  for (const [name, word, code, detail] of [
    ['the server has it', { result: 'OK', ack: 1 }, undefined, undefined],
    ['the server has it, and the page gave it up', { result: 'ERROR_NETWORK', ack: 2 }, undefined, undefined],
    [
      'no more strangers',
      { result: 'ERROR_UNKNOWN', code: 463, ack: -1 },
      'recipient_restricted',
      /strangers.*463/,
    ],
    [
      'no more new chats',
      { result: 'ERROR_UNKNOWN', code: 475, ack: -1 },
      'recipient_restricted',
      /new chats.*475/,
    ],
    [
      'no more new chats, of which only the message tells',
      { result: 'ERROR_UNKNOWN', ack: -1, errorCode: 'UserReachedMaxMonthlyLimitForNewMessages' },
      ...(['recipient_restricted', /new chats/] as const),
    ],
    [
      'another refusal of the server',
      { result: 'ERROR_UNKNOWN', code: 479, ack: -1 },
      'send_refused',
      /error 479/,
    ],
    ['a refusal without a code', { result: 'ERROR_UNKNOWN', ack: -1 }, 'send_failed', /ack -1/],
    [
      'a blocked contact',
      { result: 'REJECTED', errorName: 'ContactBlocked', error: 'Contact is blocked', ack: 0 },
      ...(['send_refused', /has blocked 15552220000@c.us: unblock the contact on the phone/] as const),
    ],
    ['another rejection', { result: 'REJECTED', error: 'no chat', ack: 0 }, 'send_failed', /no chat/],
    ['no network', { result: 'ERROR_NETWORK', isSendFailure: true, ack: 0 }, 'send_failed', /ERROR_NETWORK/],
    ['a retry that fails', { result: 'NOT_SENT', error: 'no upload', ack: -1 }, 'send_failed', /no upload/],
    ['a retry that is not possible', { result: 'NOT_SENT', error: 'no retry' }, 'send_refused', /no retry/],
  ] as const)
    it(`is ${code ?? 'no refusal'}: ${name}`, () => {
      const refusal = refusalIn(word, TO);
      assert.equal(refusal?.code, code);
      if (detail !== undefined) assert.match(refusal?.message ?? '', detail);
    });

  it('is read as data: a number in a text or a count is no code', () => {
    for (const error of ['463 of 475', 'reach-out time-lock', '{"code":463}']) {
      const thrown = readSendError(
        new Error(`${ENDED}${JSON.stringify({ result: 'REJECTED', error, count: 463 })}`),
      );
      assert.equal(refusalOf(thrown, TO).code, 'send_failed');
      assert.equal(refusalOf(new Error(error), TO).code, 'send_failed');
    }
    assert.equal(refusalIn({ result: 'OK', ...{ count: 463 } }, TO), undefined);
  });

  it('crosses from the page as the text of an error, with what puppeteer adds to it', () => {
    const word = { result: 'ERROR_UNKNOWN', code: 475, ack: -1, isSendFailure: true };
    const thrown = readSendError(new Error(`Error: ${ENDED}${JSON.stringify(word)}\n    at page:1:1`));
    assert.ok(thrown instanceof SendEndedError);
    assert.deepEqual(thrown.word, word);
    const other = new Error('something else');
    assert.equal(readSendError(other), other);
    assert.throws(() => readSendError(new Error(`${ENDED}{`)), { name: 'PageDataError' });
  });

  it('is said of a contact that is blocked also for a reaction and an edit', () => {
    const refusal = refusalOf(new Error('Contact is blocked'), TO);
    assert.deepEqual([refusal.code, /unblock/.test(refusal.message)], ['send_refused', true]);
  });
});
