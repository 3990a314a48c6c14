import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { IS_WRITTEN } from '../../../../services/bridge/page/message-kinds.ts';

describe('in the page, the kinds of messages', () => {
  const isWritten = (type: string) => runInNewContext(`${IS_WRITTEN} isWritten(${JSON.stringify({ type })})`);

  it('counts what somebody wrote, deleted or of an unknown type too', () => {
    for (const type of ['chat', 'image', 'ptt', 'poll_creation', 'vcard', 'revoked', 'a_type_of_tomorrow'])
      assert.equal(isWritten(type), true, type);
  });

  it('leaves out system lines, calls, placeholders and changes of other messages', () => {
    for (const type of [
      'gp2',
      'e2e_notification',
      'notification_template',
      'call_log',
      'protocol',
      'ciphertext',
      'reaction',
    ])
      assert.equal(isWritten(type), false, type);
  });
});
