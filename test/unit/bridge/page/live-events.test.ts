import assert from 'node:assert/strict';
import { type InboundEvent, listenForEvents } from '../../../../services/bridge/page/inbound-events.ts';
import { loadLibrary } from '../../../../services/bridge/page/library.ts';

const { Client, NoAuth } = await loadLibrary({ warn: () => undefined });
const CHAT = '15553330000@c.us';

describe('bridge, what it tells of the live events of whatsapp-web.js', () => {
  let events: InboundEvent[];
  let client: InstanceType<typeof Client>;
  beforeEach(() => {
    events = [];
    client = new Client({ authStrategy: new NoAuth(), userAgent: false });
    listenForEvents(client, (event) => events.push(event));
  });
  const kinds = () => events.map(({ kind }) => kind);
  const message = (type: string) => ({
    rawData: {
      id: { fromMe: false, remote: CHAT, id: '3EB0A', _serialized: `false_${CHAT}_3EB0A` },
      ...{ type, body: 'x', t: 1, ack: 1, from: CHAT, to: '15550001111@c.us' },
    },
  });

  it('leaves out notices of the page, which nobody wrote', () => {
    for (const type of [
      'e2e_notification',
      'notification_template',
      'call_log',
      'protocol',
      'group-history',
    ]) {
      client.emit('message_create', message(type));
      client.emit('message_ack', message(type), 1);
      client.emit('message_edit', message(type), 'new', 'old');
    }
    assert.deepEqual(events, []);
    client.emit('message_create', message('chat'));
    assert.deepEqual(kinds(), ['message']);
  });

  it('tells a call once, however often it is reported, with who calls and how', () => {
    const call = { id: 'CALL1', from: CHAT, isVideo: true, isGroup: false, fromMe: false };
    client.emit('call', call);
    client.emit('call', { ...call, from: { user: '15553330000', server: 'c.us' } });
    client.emit('call', { ...call, id: 'CALL2', from: { user: '1', server: 'lid' }, isVideo: undefined });
    client.emit('call', { ...call, id: 'CALL3', fromMe: true });
    assert.deepEqual(events, [
      {
        ...{ kind: 'call', callId: 'CALL1', from: CHAT, isVideo: true, isGroup: false },
        person: { phone_number: '15553330000' },
      },
      {
        ...{ kind: 'call', callId: 'CALL2', from: '1@lid', isVideo: false, isGroup: false },
        person: { lid: '1@lid' },
      },
    ]);
  });

  it('tells of a message without a type, and reports one that cannot be read', () => {
    const { id, ...rest } = message('chat').rawData;
    client.emit('message_create', { rawData: { id, ...rest, type: undefined } });
    client.emit('message_create', { rawData: rest });
    assert.deepEqual(kinds(), ['message', 'unreadable']);
  });
});
