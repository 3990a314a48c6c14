import assert from 'node:assert/strict';
import { toBridgeEvent } from '../../../../services/bridge/events/bridge-event.ts';
import type { WhatsAppMessage } from '../../../../services/contract/events.ts';

describe('bridge, the keys of its events', () => {
  it('are the same for every repetition of one edit, and others for another', () => {
    const first = keyOf('new text', 1_700_000_000_000);
    assert.equal(keyOf('new text', 1_700_000_000_000), first);
    assert.notEqual(keyOf('newer text', 1_700_000_000_000), first);
    assert.notEqual(keyOf('new text', 1_700_000_000_001), first);
  });

  it('tell edits apart by their text where WhatsApp names no time', () => {
    assert.equal(keyOf('new text'), keyOf('new text'));
    assert.notEqual(keyOf('new text'), keyOf('newer text'));
  });
});

function keyOf(body: string, editedAt?: number): string {
  const message = { ...MESSAGE, body };
  return toBridgeEvent('test', { kind: 'edited', message, previousBody: 'text', editedAt }, undefined).key;
}

const MESSAGE: WhatsAppMessage = {
  id: 'false_15553330000@c.us_3A01',
  stanza_id: '3A01',
  chat_id: '15553330000@c.us',
  from: '15553330000@c.us',
  to: '15550001111@c.us',
  from_me: false,
  type: 'chat',
  body: 'text',
  timestamp: 1_700_000_000,
  ack: 1,
  has_media: false,
};
