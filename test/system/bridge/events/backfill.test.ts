import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sendAnswerSchema } from '../../../../services/contract/bridge.ts';
import { composeIncoming } from '../../../../services/sandbox/phone/compose-messages.ts';
import { STEADY } from '../../../support/bridge/limits.ts';
import { until } from '../../../support/bridge/until.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';

const ALICE = '15553330000@c.us';
const BOB = '15554440000@c.us';
const CAROL = '15555550000@c.us';
const DAVE = '15556660000@c.us';

describe('bridge, after nobody listened for a while', function () {
  this.timeout(300_000);
  let world: World;
  let messageId: string;
  let revokedId: string | undefined;
  const long = Array.from({ length: 260 }, (_, number) => `message ${number}`);
  const states = () => world.api.ofKind('state').map(({ data }) => data.state);
  let toldStates: number;

  // One time without a listener for all tests: a page that goes on while the process of its bridge is stopped, the
  // death of both, and a time with neither.
  before(async () => {
    world = await startWorld();
    await world.link({ limits: STEADY });
    await world.phone('incoming', { from: ALICE, body: 'heard' });
    await world.phone('incoming', { from: CAROL, body: 'regretted' });
    const { body } = await world.send('an earlier one', BOB);
    messageId = sendAnswerSchema.parse(body).messageId;
    await until('what was heard', () =>
      ['heard', 'regretted'].every((text) => bodies('message').includes(text)),
    );
    revokedId = world.api.ofKind('message').find(({ data }) => data.body === 'regretted')?.whatsapp_id;
    await world.told();
    await until('its cursor', () => existsSync(join(world.storeDir, 'spool', 'test', 'known.json')));
    await world.api.goDown();
    toldStates = states().length;
    await world.misbehave('offline');
    await world.untilState('degraded');
    await world.misbehave('online');
    await world.untilState('ready');

    world.bridge.kill('SIGSTOP');
    for (const text of ['a1', 'a2', 'a3']) await world.phone('incoming', { from: ALICE, body: text });
    await world.phone('incoming', { from: BOB, body: 'b1' });
    const { phone } = world.sandbox;
    for (const text of long) phone.keep(composeIncoming({ from: DAVE, body: text }, phone));
    await until('the page to have the last', () => isShown('message 259'));
    await world.misbehave('fromPhone', { to: ALICE, body: 'answered on the phone' });
    await world.misbehave('ack', { id: messageId, ack: 4 });
    await world.misbehave('revoke', { id: revokedId });
    await until('the page to have it', () => isShown('answered on the phone') && isHeard(messageId));
    await world.stopBridge('SIGKILL');
    await until('the browser to follow', () => world.processes().length === 0);
    await world.phone('incoming', { from: ALICE, body: 'a4' });
    await world.api.goUp();
    await world.startBridge({ limits: STEADY });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('posts after its own death what only its disk knew', async () => {
    // What comes before the first `starting` is of the process that was killed.
    const later = () => states().slice(toldStates);
    await until('its states', () => later().includes('starting'));
    const ofTheFirst = later().slice(0, later().indexOf('starting'));
    // The last may not have been on its disk yet.
    assert.equal(ofTheFirst[0], 'degraded', `${states()}`);
  });

  it('tells what the page took in while its bridge could not hear, and what came while there was none', async () => {
    await until('the last', () => bodies('message').includes('a4'));
    await until('what was typed', () => bodies('message_sent').includes('answered on the phone'));
    await until('the ack', () => told().includes(`ack:${messageId}:4`));
    await until('the other chat', () => bodies('message').includes('b1'));
    const ofAlice = world.api.ofKind('message').filter(({ data }) => data.chat_id === ALICE);
    const texts = ofAlice.map(({ data }) => data.body);
    assert.deepEqual([...new Set(texts)].sort(), ['a1', 'a2', 'a3', 'a4', 'heard']);
    assert.deepEqual(
      texts.filter((text) => /a[123]/.test(text)),
      ['a1', 'a2', 'a3'],
    );
  });

  it('tells that a message was deleted meanwhile', () =>
    until('the deletion', () => told().includes(`revoked:${revokedId}`)));

  it('looks back further than the page does by itself, in pieces', async () => {
    const heard = () => new Set(bodies('message').filter((body) => body.startsWith('message ')));
    await until('all of them', () => heard().size === long.length);
    assert.deepEqual(heard(), new Set(long));
  });

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
