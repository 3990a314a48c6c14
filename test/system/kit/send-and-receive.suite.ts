import assert from 'node:assert/strict';
import { openEvents } from '../../support/kit/events.ts';
import type { Kit } from '../../support/kit/kit.ts';
import { sharedKit } from '../../support/kit/shared-kit.ts';

/** A picture of one dot. */
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
const PARTNER = '15558889999@c.us';

describe('kit, on the sandbox with a linked phone', () => {
  let kit: Kit;
  before(async () => {
    kit = await sharedKit();
  });

  it('sends its first message by itself and tells how to send another', () => {
    assert.match(kit.output, /200 in \d+ ms, true_15550100199@c\.us_/);
    assert.match(kit.output, /curl -X POST http:\/\/localhost:\d+\/api\/whatsapp\/send/);
  });

  it('answers a send with 200, success and the WhatsApp id, and the phone has the message once', async () => {
    const response = await kit.post('/api/whatsapp/send', {
      chat_id: '15551234567@c.us',
      message: 'Hello',
    });
    const body = await response.json();
    assert.equal(response.status, 200, JSON.stringify(body));
    assert.equal(body.success, true);
    assert.equal(body.status, 'sent');
    assert.match(body.message_id, /^true_15551234567@c\.us_/);
    const received = (await kit.received()).filter((message) => message.id === body.message_id);
    assert.deepEqual(
      received.map(({ chat_id, body: text }) => [chat_id, text]),
      [['15551234567@c.us', 'Hello']],
    );
    assert.ok(Number.isFinite(Date.parse(received[0]?.received_at ?? '')));
  });

  it('shows what the phone sends on the event stream, and again to whoever comes back with Last-Event-ID', async () => {
    await using live = await openEvents(kit.origin);
    await kit.post('/sandbox/api/incoming', { from: '15557654321', body: 'Hi there' });
    const event = await live.next(({ type, data }) => type === 'message' && data.body === 'Hi there');
    assert.equal(event.data.from, '15557654321@c.us');
    await using resumed = await openEvents(kit.origin, { 'last-event-id': String(event.seq - 1) });
    const again = await resumed.next(() => true);
    assert.deepEqual(again, event);
  });

  it('sends a picture by its data, and the phone gets it with its caption', async () => {
    const media = { data: DOT, mimetype: 'image/png', filename: 'dot.png' };
    const response = await kit.post('/api/whatsapp/send', { chat_id: PARTNER, media, message: 'one dot' });
    const body = await response.json();
    assert.deepEqual([response.status, body.status], [200, 'sent'], JSON.stringify(body));
    const picture = (await kit.received()).find(({ id }) => id === body.message_id);
    assert.deepEqual([picture?.body, picture?.type], ['one dot', 'image']);
    assert.deepEqual([picture?.media?.mimetype, picture?.media?.filename], ['image/png', 'dot.png']);
  });

  it('edits a message of its own and deletes it for everyone, and the phone shows both', async () => {
    const sent = await kit.post('/api/whatsapp/send', { chat_id: PARTNER, message: 'draft' });
    const { message_id } = await sent.json();
    const path = `/api/whatsapp/messages/${encodeURIComponent(message_id)}`;
    const edited = await fetch(`${kit.origin}${path}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'final' }),
    });
    assert.equal(edited.status, 200, await edited.text());
    const atPhone = async () => (await kit.received()).find(({ id }) => id === message_id);
    assert.equal((await atPhone())?.body, 'final');
    const revoked = await kit.post(`${path}/revoke`);
    assert.equal(revoked.status, 200, await revoked.text());
    assert.equal((await atPhone())?.type, 'revoked');
  });

  it('shows a reaction of somebody else on the event stream, with the id of the message', async () => {
    const sent = await kit.post('/api/whatsapp/send', { chat_id: PARTNER, message: 'do you like it?' });
    const { message_id: id } = await sent.json();
    await using live = await openEvents(kit.origin);
    await kit.post('/sandbox/api/misbehave', { kind: 'reaction', id, text: '👍', from: PARTNER });
    const event = await live.next(({ type }) => type === 'reaction');
    assert.deepEqual([event.whatsapp_id, event.data.reaction, event.data.sender], [id, '👍', PARTNER]);
  });

  it('takes +1 (555) 222-3333 for the number that it names', async () => {
    const response = await kit.post('/api/whatsapp/send', {
      chat_id: '+1 (555) 222-3333',
      message: 'to a number as people write it',
    });
    const body = await response.json();
    assert.equal(body.chat_id, '15552223333@c.us', JSON.stringify(body));
  });

  it('names every wrong field of a body, and sends nothing', async () => {
    const before = (await kit.received()).length;
    const response = await kit.post('/api/whatsapp/send', {
      chat_id: 15551234567,
      message: '',
      mesage: 'x',
    });
    const problem = await response.json();
    assert.equal(response.status, 400);
    assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    assert.equal(problem.code, 'body_invalid');
    assert.deepEqual(problem.errors.map(({ field }: { field: string }) => field).sort(), [
      'chat_id',
      'mesage',
      'message',
    ]);
    assert.equal(response.headers.get('x-request-id') ?? problem.request_id, problem.request_id);
    assert.equal((await kit.received()).length, before);
  });

  it('refuses a body that is no JSON, of no stated type, and a chat_id that is nobody', async () => {
    const send = `${kit.origin}/api/whatsapp/send`;
    const malformed = await fetch(send, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"chat_id":',
    });
    assert.equal((await malformed.json()).code, 'body_invalid');
    const untyped = await fetch(send, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
    });
    assert.equal((await untyped.json()).code, 'media_type_unsupported');
    const nobody = await kit.post('/api/whatsapp/send', { chat_id: 'nobody', message: 'x' });
    assert.equal(nobody.status, 422);
    assert.equal((await nobody.json()).code, 'recipient_invalid');
  });

  it('carries emoji, right-to-left text and 10,000 characters unharmed, and refuses NUL', async () => {
    for (const message of ['👩‍👩‍👧 שלום مرحبا', 'x'.repeat(10_000)]) {
      const { message_id } = await (
        await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message })
      ).json();
      assert.equal((await kit.received()).find(({ id }) => id === message_id)?.body, message);
    }
    assert.equal(
      (await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'a\0b' })).status,
      400,
    );
  });

  it('lists the chats and the messages of one, and says who is linked', async () => {
    const { chats } = await (await fetch(`${kit.origin}/api/whatsapp/chats?limit=100`)).json();
    assert.ok(chats.some(({ id }: { id: string }) => id === '15551234567@c.us'));
    const { messages } = await (
      await fetch(`${kit.origin}/api/whatsapp/chats/+15551234567/messages?limit=5`)
    ).json();
    assert.ok(messages.length > 0 && messages.length <= 5);
    const status = await (await fetch(`${kit.origin}/api/whatsapp/status`)).json();
    assert.equal(status.state, 'ready');
    assert.equal(status.whatsapp_ready, true);
  });

  it('says on /health what runs, and nothing of ports, paths or pids', async () => {
    const text = await (await fetch(`${kit.origin}/health`)).text();
    const health = JSON.parse(text);
    assert.equal(health.status, 'ok');
    assert.deepEqual(Object.keys(health.services).sort(), ['api', 'bridge', 'gate', 'sandbox']);
    for (const port of Object.values(kit.ports))
      assert.ok(!text.includes(String(port)), `${port} in ${text}`);
  });

  it('logs the lines that operators look for', () => {
    assert.match(
      kit.output,
      new RegExp(`WhatsApp bridge will listen on port: ${kit.ports.WHATSAPP_BRIDGE_PORT}\\b`),
    );
    assert.match(
      kit.output,
      new RegExp(`HTTP server listening on port ${kit.ports.WHATSAPP_BRIDGE_PORT} for send commands`),
    );
  });
});
