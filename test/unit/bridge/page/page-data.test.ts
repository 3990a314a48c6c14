import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toBridgeEvent } from '../../../../services/bridge/events/bridge-event.ts';
import { PageDataError, readMessage } from '../../../../services/bridge/page/data.ts';
import { bridgeEventSchema } from '../../../../services/contract/events.ts';

const RAW = {
  id: { _serialized: 'false_15553330000@c.us_3EB0A', id: '3EB0A', fromMe: false, remote: '15553330000@c.us' },
  type: 'chat',
  body: 'hi',
  t: 1_795_458_004,
  ack: 1,
  from: { server: 'c.us', user: '15553330000', _serialized: '15553330000@c.us' },
  to: '15550001111@c.us',
};

describe('bridge, what it reads from the page', () => {
  it('reads a message whose ids are text or objects', () => {
    const message = readMessage(RAW);
    assert.equal(message.id, 'false_15553330000@c.us_3EB0A');
    assert.equal(message.from, '15553330000@c.us');
    assert.equal(message.chat_id, '15553330000@c.us');
  });

  it('makes the id itself where WhatsApp no longer gives it', () => {
    const { _serialized: _gone, ...id } = RAW.id;
    assert.equal(readMessage({ ...RAW, id }).id, RAW.id._serialized);
    const inGroup = { ...id, remote: '1203@g.us', participant: { _serialized: '15556660000@c.us' } };
    assert.equal(readMessage({ ...RAW, id: inGroup }).id, 'false_1203@g.us_3EB0A_15556660000@c.us');
  });

  it('takes the caption for the text of a medium', () => {
    const message = readMessage({
      ...RAW,
      type: 'image',
      body: '/9j/thumbnail',
      caption: 'look',
      directPath: '/v/x',
    });
    assert.deepEqual([message.has_media, message.body], [true, 'look']);
  });

  it('makes a valid event of whatever else is in a message that has an id', () => {
    fc.assert(
      fc.property(fc.object(), (more) => {
        const message = readMessage({ ...more, id: RAW.id });
        bridgeEventSchema.parse(toBridgeEvent('test', { kind: 'message', message }, undefined));
      }),
    );
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom('type', 'body', 't', 'ack', 'from', 'to', 'mentionedJidList'),
        (value, field) => {
          const message = readMessage({ ...RAW, [field]: value });
          bridgeEventSchema.parse(toBridgeEvent('test', { kind: 'message', message }, undefined));
        },
      ),
    );
  });

  it('says what is wrong with data that is no message', () => {
    assert.throws(() => readMessage({ ...RAW, id: undefined }), PageDataError);
    assert.throws(() => readMessage('text'), /message from WhatsApp Web is not as expected/);
  });
});
