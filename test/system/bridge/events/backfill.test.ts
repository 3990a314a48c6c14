import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sendAnswerSchema } from '../../../../services/contract/bridge.ts';
import { STEADY as UNHURRIED } from '../../../support/bridge/limits.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';
import { until } from '../../../support/until.ts';

/** The page may load history at once, although the phone was linked just now. */
const STEADY = { ...UNHURRIED, pairingQuietMs: 0 };
const ALICE = '15553330000@c.us';
const BOB = '15554440000@c.us';

describe('bridge, after nobody listened for a while', () => {
  let world: World;
  // One for all tests, each with texts of its own: what one leaves behind is history for the next.
  before(async () => {
    world = await startWorld();
    await world.link({ limits: STEADY });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('tells what the page took in while its bridge could not hear, and what came while there was none', async () => {
    await world.phone('incoming', { from: ALICE, body: 'heard' });
    const { body } = await world.send('an earlier one', BOB);
    const { messageId } = sendAnswerSchema.parse(body);
    await until('what was heard', () => bodies('message').includes('heard'));
    await deafen();
    for (const text of ['a1', 'a2', 'a3']) await world.phone('incoming', { from: ALICE, body: text });
    await world.phone('incoming', { from: BOB, body: 'b1' });
    await world.misbehave('fromPhone', { to: ALICE, body: 'answered on the phone' });
    await world.misbehave('ack', { id: messageId, ack: 4 });
    await until('the page to have it', () => isShown('answered on the phone') && isHeard(messageId));
    await world.stopBridge('SIGKILL');
    await until('the browser to follow', () => world.processes().length === 0);
    await world.phone('incoming', { from: ALICE, body: 'a4' });
    await world.startBridge({ limits: STEADY });
    await until('the last', () => bodies('message').includes('a4'));
    await until('what was typed', () => bodies('message_sent').includes('answered on the phone'));
    await until('the ack', () => told().includes(`ack:${messageId}:4`));
    await until('the other chat', () => bodies('message').includes('b1'));
    const ofAlice = world.api.ofKind('message').filter(({ data }) => data.chat_id === ALICE);
    assert.deepEqual([...new Set(ofAlice.map(({ data }) => data.body))].sort(), [
      'a1',
      'a2',
      'a3',
      'a4',
      'heard',
    ]);
    assert.deepEqual(
      ofAlice.map(({ data }) => data.body).filter((text) => /a[123]/.test(text)),
      ['a1', 'a2', 'a3'],
    );
  });

  it('tells that a message was deleted meanwhile', async () => {
    await world.phone('incoming', { from: ALICE, body: 'regretted' });
    const event = await until('the message', () =>
      world.api.ofKind('message').find(({ data }) => data.body === 'regretted'),
    );
    await deafen();
    await world.misbehave('revoke', { id: event.whatsapp_id });
    await killAndStart();
    await until('the deletion', () => told().includes(`revoked:${event.whatsapp_id}`));
  });

  it('looks back further than the page does by itself, in pieces', async () => {
    await deafen();
    const texts = Array.from({ length: 260 }, (_, number) => `message ${number}`);
    for (const body of texts) await world.phone('incoming', { from: ALICE, body });
    await until('the page to have them', () => isShown('message 259'));
    await killAndStart();
    const heard = () => new Set(bodies('message').filter((body) => body.startsWith('message ')));
    await until('all of them', () => heard().size === texts.length);
    assert.deepEqual(heard(), new Set(texts));
  });

  it('posts after its own death what only its disk knew', async () => {
    const states = () =>
      world.api.events.flatMap((event) => (event.kind === 'state' ? [event.data.state] : []));
    await until('what came before', () => states().at(-1) === 'ready');
    await world.api.goDown();
    const told = states().length;
    const later = () => states().slice(told);
    await world.misbehave('offline');
    await world.untilState('degraded');
    await world.misbehave('online');
    await world.untilState('ready');
    await world.stopBridge('SIGKILL');
    await until('the browser to follow', () => world.processes().length === 0);
    assert.deepEqual(later(), []);
    await world.api.goUp();
    await world.startBridge({ limits: STEADY });
    // What comes before the first `starting` is of the process that was killed.
    await until('its states', () => later().includes('starting'));
    const ofTheFirst = later().slice(0, later().indexOf('starting'));
    // The last may not have been on its disk yet.
    assert.equal(ofTheFirst[0], 'degraded', `${states()}`);
  });

  /** Stops the bridge's process, while its page goes on. */
  async function deafen(): Promise<void> {
    await until('it to be caught up', async () => (await world.status()).events_waiting === 0);
    await until('its cursor', () => existsSync(join(world.storeDir, 'spool', 'test', 'known.json')));
    world.bridge.kill('SIGSTOP');
  }

  async function killAndStart(): Promise<void> {
    await world.stopBridge('SIGKILL');
    await until('the browser to follow', () => world.processes().length === 0);
    await world.startBridge({ limits: STEADY });
  }

  function told(): string[] {
    return world.api.events.map(({ key }) => key);
  }

  function bodies(kind: 'message' | 'message_sent'): string[] {
    return world.api.ofKind(kind).map(({ data }) => data.body);
  }

  function isShown(body: string): boolean {
    return [...world.sandbox.phone.state.messages.values()].some(
      (message) => message.body === body && message.delivered,
    );
  }

  /** Whether the page has confirmed the ack, so that it would be history for the next. */
  function isHeard(id: string): boolean {
    const { state, delivery } = world.sandbox.phone;
    const message = state.messages.get(id);
    return message !== undefined && delivery.shownAck(message) === 4;
  }
});
