import assert from 'node:assert/strict';
import { until } from '../../../support/bridge/until.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';

const ALICE = '15553330000@c.us';

describe('bridge, telling the api what happens', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.link();
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('posts an incoming message', async () => {
    await world.phone('incoming', { from: ALICE, body: 'hi there', name: 'Alice' });
    const [event] = await until(
      'the message',
      () => world.api.ofKind('message').length > 0 && world.api.ofKind('message'),
    );
    assert.equal(event?.session, 'test');
    assert.equal(event?.data.body, 'hi there');
    assert.equal(event?.data.chat_id, ALICE);
    assert.equal(event?.data.from_me, false);
    assert.equal(event?.whatsapp_id, event?.data.id);
  });

  it('posts in order what came while the api was away', async () => {
    await world.api.goDown();
    const texts = Array.from({ length: 20 }, (_, number) => `while away ${number}`);
    for (const body of texts) await world.phone('incoming', { from: ALICE, body });
    await until('events that wait', async () => (await world.status()).events_waiting >= 20);
    await world.api.goUp();
    const bodies = () => world.api.ofKind('message').map(({ data }) => data.body);
    await until('all of them', () => bodies().length >= 21);
    assert.deepEqual(bodies().slice(1), texts);
    assert.equal(new Set(world.api.events.map(({ key }) => key)).size, world.api.events.length);
  });

  it('posts edits, reactions, calls and what is typed on the phone', async () => {
    const id = world.api.ofKind('message')[0]?.whatsapp_id;
    await world.misbehave('edit', { id, body: 'hi there, edited' });
    await world.misbehave('reaction', { id, text: '👍', from: ALICE });
    await world.misbehave('call', { from: ALICE });
    await world.misbehave('fromPhone', { to: ALICE, body: 'typed on the phone' });
    await until('the edit', () =>
      world.api.ofKind('edited').some(({ data }) => data.body === 'hi there, edited'),
    );
    await until('the reaction', () =>
      world.api.ofKind('reaction').some(({ data }) => data.reaction === '👍'),
    );
    await until('the call', () => world.api.ofKind('call').some(({ data }) => data.from === ALICE));
    await until('the own message', () =>
      world.api.ofKind('message_sent').some(({ data }) => data.body === 'typed on the phone'),
    );
    await world.misbehave('revoke', { id });
    await until('the revocation', () =>
      world.api.ofKind('revoked').some((event) => event.whatsapp_id === id),
    );
  });
});
