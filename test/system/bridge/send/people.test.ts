import assert from 'node:assert/strict';
import { resolveAnswerSchema } from '../../../../services/contract/bridge.ts';
import { lidOf } from '../../../../services/sandbox/web/people/directory.ts';
import { fails, kitMessages, PATIENT, sent } from '../../../support/bridge/send-support.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';
import { selectPage } from '../../../support/sandbox/page-under-test.ts';
import { until } from '../../../support/until.ts';

const ME = '15550001111@c.us';
const OTHER = '15550009999@c.us';
const lid = (number: string) => `${lidOf(number)}@lid`;

/** By account: whether its chats are kept by number, or by LID. */
for (const [page, isMigrated] of [
  ['2026-09', false],
  ['2026-09,lidChats', true],
] as const)
  describe(`bridge, people of an account that ${isMigrated ? 'has been' : 'is not'} migrated to LIDs`, () => {
    let world: World;
    before(async () => {
      world = await startWorld(selectPage(page));
      await world.link({ limits: { ...PATIENT, initMs: 60_000, readyMs: 60_000 } });
    });
    after(() => world[Symbol.asyncDispose]());
    const ask = (chatId: string, more: object = {}) => world.call('POST', '/resolve', { chatId, ...more });
    const resolve = async (chatId: string, more: object = {}) => {
      const { status, body } = await ask(chatId, more);
      assert.equal(status, 200, JSON.stringify(body));
      const { success: _success, ...answer } = resolveAnswerSchema.parse(body);
      return answer;
    };
    const chatOf = (number: string) => (isMigrated ? lid(number) : `${number}@c.us`);

    it('are asked for once, and found by number, alias and LID from then on', async () => {
      const number = '554791234567';
      const person = { phone_number: number, lid: lid(number) };
      const unknown = { chatId: lid(number), person: { lid: lid(number) }, isAsked: false };
      assert.deepEqual(await resolve(lid(number)), unknown);
      const found = { chatId: lid(number), person };
      assert.deepEqual(await resolve('+55 47 99123-4567'), { ...found, isAsked: true });
      for (const typed of [number, lid(number)])
        assert.deepEqual(await resolve(typed), { ...found, isAsked: false }, typed);
      assert.deepEqual(await resolve(number, { fresh: true }), { ...found, isAsked: true });
      for (const typed of ['5547991234567', number, lid(number)]) {
        const { chatId, person: whose } = sent(await world.send(`to ${typed}`, typed, { account: ME }));
        assert.deepEqual([chatId, whose], [chatOf(number), person], typed);
        assert.deepEqual((await resolve(typed)).chatId, chatOf(number));
      }
    });

    it('are known when they have written, without a question', async () => {
      const number = '15552220700';
      await world.phone('incoming', { from: `${number}@c.us`, body: 'me first' });
      await until('the message', () => JSON.stringify(world.api.events).includes('me first'));
      for (const typed of [number, lid(number)])
        assert.deepEqual(await resolve(typed), {
          ...{ chatId: chatOf(number), person: { phone_number: number, lid: lid(number) }, isAsked: false },
        });
      assert.equal(sent(await world.send('then I', number)).chatId, chatOf(number));
    });

    it('are not there, or no people, or asked for from another account', async () => {
      const nobody = '15559990700';
      await world.misbehave('setUnregistered', { numbers: [`${nobody}@c.us`] });
      fails(await ask(nobody), 422, 'recipient_not_on_whatsapp');
      fails(await ask('120363000000000001@g.us'), 422, 'recipient_invalid');
      fails(await ask('not a number'), 422, 'recipient_invalid');
      fails(await ask('15552220701', { account: OTHER }), 409, 'account_changed', /15550001111/);
      fails(await world.call('POST', '/resolve', { number: '15552220701' }), 400, 'body_invalid');
    });

    it('get nothing from another account, by whichever id the call names this one', async () => {
      const [device] = world.sandbox.phone.state.devices.values();
      for (const account of [ME, device?.lid ?? ME])
        sent(await world.send(`as ${account}`, undefined, { account }));
      const count = kitMessages(world).length;
      fails(
        await world.send('as another', undefined, { account: OTHER }),
        409,
        'account_changed',
        /15550001111/,
      );
      assert.equal(kitMessages(world).length, count);
    });
  });
