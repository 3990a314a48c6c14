import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CANCELED, EXPIRED } from '../../../../services/api/outbox/endings.ts';
import {
  isFinal,
  isSent,
  MESSAGE_STATES,
  MESSAGE_STATUSES,
  STATE_NAMES,
  statesOf,
  statesWhere,
} from '../../../../services/contract/message-states.ts';

const API = fileURLToPath(new URL('../../../../services/api', import.meta.url));

describe('table of message states', () => {
  it('has a row for each state, and a state for each status', () => {
    assert.deepEqual(Object.keys(MESSAGE_STATES), [...STATE_NAMES]);
    assert.deepEqual(MESSAGE_STATUSES.flatMap(statesOf).toSorted(), [...STATE_NAMES].toSorted());
  });

  it('orders the acknowledged states as WhatsApp numbers them', () => {
    assert.deepEqual(
      statesWhere(isSent).map((state) => [MESSAGE_STATES[state].ack, state]),
      [
        [1, 'sent'],
        [2, 'delivered'],
        [3, 'read'],
        [4, 'played'],
      ],
    );
  });

  it('answers a send with an error exactly when the message has ended without an acknowledgement', () => {
    for (const state of STATE_NAMES)
      assert.equal('code' in MESSAGE_STATES[state].send, isFinal(state) && !isSent(state), state);
    assert.deepEqual(
      [EXPIRED, CANCELED].map(({ code }) => code),
      ['message_expired', 'message_canceled'],
    );
  });

  it('is the only place in the api that lists or compares states', () => {
    const name = `'(?:${STATE_NAMES.join('|')})'`;
    const wrong = new RegExp(
      [
        `${name}\\s*[,|]\\s*${name}`,
        `\\b(?:state|status)\\s*(?:[!=]==?|<>|(?:not )?in\\b)\\s*\\(?${name}`,
        `'state', '[^']+', \\[?${name}`,
        `case ${name}`,
      ].join('|'),
    );
    assert.match("row.state === 'sending'", wrong);
    assert.match("['sent', 'read']", wrong);
    assert.match("state in ('queued'", wrong);
    const files = readdirSync(API, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && file !== 'store/migrations.ts')
      // A delivery has outcomes of its own, among them 'delivered' and 'failed'.
      .filter((file) => !file.startsWith('webhooks/'))
      .filter((file) => wrong.test(readFileSync(join(API, file), 'utf8')));
    assert.deepEqual(files, []);
  });

  it('is not shared by the migrations, which are frozen text and import nothing', () => {
    assert.doesNotMatch(readFileSync(join(API, 'store/migrations.ts'), 'utf8'), /\bimport\b[^s]/);
  });
});
