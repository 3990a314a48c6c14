import assert from 'node:assert/strict';
import { z } from 'zod';
import { chatsAnswerSchema, messagesAnswerSchema } from '../../../../services/contract/bridge.ts';
import { type BridgeEvent, messageSchema } from '../../../../services/contract/events.ts';
import { lidOf } from '../../../../services/sandbox/web/people/directory.ts';
import { STEADY } from '../../../support/bridge/limits.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';
import { selectPage } from '../../../support/sandbox/page-under-test.ts';
import { until } from '../../../support/until.ts';

const ALICE = '15553330000';
const BOB = '15554440000';
const GROUP = '120363000000000300@g.us';
const FIRST = '15550001111';
const SECOND = '15550002222';
const lid = (number: string) => `${lidOf(number)}@lid`;
const pairOf = (number: string) => ({ phone_number: number, lid: lid(number) });

for (const page of ['2026-09', '2026-09,lidChats'])
  describe(`bridge, people and accounts in what it tells, page ${page}`, () => {
    const addressOf = (number: string) => (page.includes('lidChats') ? lid(number) : `${number}@c.us`);
    let world: World;
    before(async () => {
      world = await startWorld(selectPage(page));
      await world.link({ limits: STEADY });
    });
    after(() => world[Symbol.asyncDispose]());

    const heard = <K extends BridgeEvent['kind']>(
      kind: K,
      isWanted: (event: Extract<BridgeEvent, { kind: K }>) => boolean,
    ) => until(`the ${kind}`, () => world.api.ofKind(kind).find(isWanted));
    const incoming = async (body: string, more: object = {}) => {
      await world.phone('incoming', { from: `${ALICE}@c.us`, body, ...more });
      return heard('message', ({ data }) => data.body === body);
    };

    it('names the account where it is ready, in the status and in each event', async () => {
      const me = { id: `${FIRST}@c.us`, lid: lid(FIRST), name: 'Sandbox Phone', platform: 'android' };
      assert.deepEqual((await world.status()).me, me);
      const { account, data } = await heard('state', (event) => event.data.state === 'ready');
      assert.deepEqual([account, data.me], [me.id, me]);
      assert.equal((await incoming('of the account')).account, me.id);
      assert.ok(world.api.ofKind('state').every((event) => event.data.state === 'ready' || !event.data.me));
    });

    it('names both ids of a person in every event of a chat', async () => {
      const { data, whatsapp_id } = await incoming('hi', { name: 'Alice' });
      const person = { ...pairOf(ALICE), name: 'Alice' };
      assert.deepEqual([data.chat_id, data.person], [addressOf(ALICE), person]);
      await world.misbehave('edit', { id: `false_${ALICE}@c.us_${data.stanza_id}`, body: 'hi, edited' });
      const edited = await heard('edited', (event) => event.data.body === 'hi, edited');
      assert.deepEqual(edited.data.person, person);
      const id = `false_${ALICE}@c.us_${data.stanza_id}`;
      await world.misbehave('reaction', { id, text: '👍', from: `${ALICE}@c.us` });
      const reaction = await heard('reaction', (event) => event.whatsapp_id === whatsapp_id);
      assert.deepEqual([reaction.data.chat_id, reaction.data.person], [addressOf(ALICE), person]);
      assert.equal(reaction.data.author_person, undefined);
      await world.misbehave('revoke', { id });
      const revoked = await heard('revoked', (event) => event.data.stanza_id === data.stanza_id);
      assert.deepEqual(revoked.data.person, person);
      await world.misbehave('call', { from: `${ALICE}@c.us` });
      const call = await heard('call', () => true);
      assert.deepEqual([call.data.person, call.account], [person, `${FIRST}@c.us`]);
    });

    it('names both ids in what this account sends and in its acks', async () => {
      assert.equal((await world.send('to Bob', `${BOB}@c.us`)).status, 200);
      const { data } = await heard('message_sent', (event) => event.data.body === 'to Bob');
      assert.deepEqual([data.chat_id, data.person], [addressOf(BOB), pairOf(BOB)]);
      const ack = await heard('ack', (event) => event.data.stanza_id === data.stanza_id);
      assert.deepEqual(ack.data.person, pairOf(BOB));
    });

    it('names the author in a group, and who reacted there', async () => {
      const { data, whatsapp_id } = await incoming('to all', {
        from: GROUP,
        author: `${BOB}@c.us`,
        name: 'Bob',
      });
      const bob = { ...pairOf(BOB), name: 'Bob' };
      assert.deepEqual([data.chat_id, data.person, data.author_person], [GROUP, undefined, bob]);
      const id = `false_${GROUP}_${data.stanza_id}_${BOB}@c.us`;
      await world.misbehave('reaction', { id, text: '👍', from: `${ALICE}@c.us` });
      const reaction = await heard('reaction', (event) => event.whatsapp_id === whatsapp_id);
      assert.deepEqual(reaction.data.author_person, { ...pairOf(ALICE), name: 'Alice' });
      assert.deepEqual([reaction.data.chat_id, reaction.data.person], [GROUP, undefined]);
    });

    it('finds the messages of a chat under either address, and names its person everywhere', async () => {
      const { data } = await incoming('look me up');
      const { chats } = chatsAnswerSchema.parse((await world.call('GET', '/chats')).body);
      const person = { ...pairOf(ALICE), name: 'Alice' };
      assert.deepEqual(chats.find(({ id }) => id === addressOf(ALICE))?.person, person);
      assert.equal(chats.find(({ id }) => id === GROUP)?.person, undefined);
      for (const address of [`${ALICE}@c.us`, lid(ALICE)]) {
        const { body, status } = await world.call('GET', `/chats/${address}/messages`);
        assert.equal(status, 200, address);
        const last = messagesAnswerSchema.parse(body).messages.at(-1);
        assert.deepEqual([last?.body, last?.person], ['look me up', person]);
      }
      assert.equal((await world.call('GET', '/chats/15559990000@c.us/messages')).status, 404);
      const { message } = z
        .object({ message: messageSchema })
        .parse((await world.call('GET', `/messages/${data.id}`)).body);
      assert.deepEqual(message.person, person);
    });

    it('tells the account of an event although the api takes it after another phone was linked', async () => {
      await world.api.goDown();
      await world.phone('incoming', { from: `${ALICE}@c.us`, body: 'for the first' });
      await until('the event to wait', async () => (await world.status()).events_waiting > 0);
      await world.phone('unlink', {});
      await world.untilState('qr');
      await world.phone('scan', { phone: SECOND });
      const { me } = await world.untilState('ready');
      assert.equal(me?.id, `${SECOND}@c.us`);
      await world.api.goUp();
      assert.equal((await incoming('for the second')).account, `${SECOND}@c.us`);
      const late = await heard('message', (event) => event.data.body === 'for the first');
      assert.equal(late.account, `${FIRST}@c.us`);
    });

    it('tells all the same, without the other form, of a page that does not know pairs', async () => {
      await world.misbehave('settings', {
        withoutExports: ['WAWebApiContact.getPhoneNumber', 'WAWebApiContact.getCurrentLid'],
      });
      await world.misbehave('reload');
      await until('the page without them', async () => {
        const { body } = await world.call('GET', '/compat');
        return (
          JSON.stringify(body).includes('getCurrentLid is no function') &&
          (await world.status()).whatsapp_ready
        );
      });
      const { data } = await incoming('without pairs', { name: 'Alice' });
      const own = page.includes('lidChats') ? { lid: lid(ALICE) } : { phone_number: ALICE };
      assert.deepEqual(data.person, { ...own, name: 'Alice' });
      const { status } = await world.call('GET', `/chats/${addressOf(ALICE)}/messages`);
      assert.equal(status, 200);
    });
  });
