import assert from 'node:assert/strict';
import type { ResolveOptions } from '../../../services/bridge/page/people/resolve.ts';
import { lidOf } from '../../../services/sandbox/web/people/directory.ts';
import { newId, send, sendToPhone, text } from '../../support/bridge/page-calls.ts';
import type { PageUnderTest } from '../../support/bridge/pages-under-test.ts';
import { until } from '../../support/until.ts';

const ME = '15550001111@c.us';
const OTHER = '15550009999@c.us';
const REFUSED = /gatehouse: other account: .*15550009999@c\.us.*15550001111@c\.us/;

/** Who is who, and which account does it. */
export function knowsPeople(world: () => PageUnderTest): void {
  const resolve = (chatId: string, options: ResolveOptions = {}) =>
    world().call((sends) => sends.resolve(chatId, options));
  const lid = (number: string) => `${lidOf(number)}@lid`;

  it('says who a stranger is when the server is asked, and knows it from then on', async () => {
    const number = '15552220500';
    const person = { phone_number: number, lid: lid(number) };
    assert.deepEqual(await resolve(lid(number)), {
      ...{ chatId: lid(number), person: { lid: lid(number) }, isAsked: false },
    });
    const answer = { chatId: lid(number), person, isAsked: true };
    assert.deepEqual(await resolve(`${number}@c.us`), answer);
    assert.deepEqual(await resolve(`${number}@c.us`), { ...answer, isAsked: false });
    assert.deepEqual(await resolve(lid(number)), { ...answer, isAsked: false });
    assert.deepEqual(await resolve(`${number}@c.us`, { isFresh: true }), answer);
  });

  it('names the chat that it has with somebody, who wrote first', async () => {
    const number = '15552220501';
    const id = world().incoming({ from: `${number}@c.us`, body: 'hi' });
    await until('the library to announce it', () =>
      world().events.some((event) => event.kind === 'message' && event.message.id === id),
    );
    const answer = { chatId: `${number}@c.us`, person: { phone_number: number, lid: lid(number) } };
    for (const typed of [`${number}@c.us`, lid(number)])
      assert.deepEqual(await resolve(typed), { ...answer, isAsked: false }, typed);
  });

  it('finds the person under each form of a number, and has to ask for the one that is not registered', async () => {
    const [typed, registered] = ['5547991234567@c.us', '554791234567'];
    const person = { phone_number: registered, lid: lid(registered) };
    for (const _time of [1, 2])
      assert.deepEqual(await resolve(typed), { chatId: lid(registered), person, isAsked: true });
    assert.equal((await resolve(`${registered}@c.us`))?.isAsked, false);
  });

  it('knows who has no LID, and no account', async () => {
    const [number, nobody] = ['15550990500', '15559990500'];
    await world().misbehave('setUnregistered', { numbers: [`${nobody}@c.us`] });
    assert.deepEqual(await resolve(`${number}@c.us`), {
      ...{ chatId: `${number}@c.us`, person: { phone_number: number }, isAsked: true },
    });
    assert.equal(await resolve(`${nobody}@c.us`), undefined);
  });

  it('says which account is linked, and does nothing for another one', async () => {
    const own = await world().call((sends) => sends.account(ME));
    assert.ok(own.includes(ME), `${own}`);
    assert.deepEqual(await world().call((sends) => sends.account(undefined)), own);
    for (const id of own) await world().call((sends) => sends.account(id));
    await assert.rejects(
      world().call((sends) => sends.account(OTHER)),
      REFUSED,
    );
    await assert.rejects(resolve('15552220502@c.us', { account: OTHER }), REFUSED);
  });

  it('adds no message for another account, and none after that', async () => {
    const to = '15552220503@c.us';
    const stanzaId = newId();
    await assert.rejects(send(world(), to, text('not from here'), { stanzaId, account: OTHER }), REFUSED);
    const own = await sendToPhone(world(), to, text('from here'), { account: ME });
    const bodies = [...world().sandbox.phone.state.messages.values()]
      .filter(({ chat_id }) => chat_id === to)
      .map(({ body }) => body);
    assert.deepEqual([own.body, bodies], ['from here', ['from here']]);
    assert.equal(await world().call((sends) => sends.find(stanzaId, to)), undefined);
  });

  it('changes and retries no message for another account', async () => {
    const sent = await sendToPhone(world(), '15552220504@c.us', text('as it was'));
    const notAfter = Date.now() + 30_000;
    for (const change of ['react', 'edit', 'revoke', 'resend'] as const) {
      const refused = world().call(async (sends) => {
        if (change === 'react') return sends.react(sent.id, '👍', OTHER);
        if (change === 'edit') return sends.edit(sent.id, 'changed', OTHER);
        if (change === 'revoke') return sends.revoke(sent.id, notAfter, OTHER);
        return sends.resend(sent.id, OTHER);
      });
      await assert.rejects(refused, REFUSED, change);
    }
    const kept = () => world().sandbox.phone.state.messages.get(sent.id);
    assert.deepEqual([kept()?.body, kept()?.type, kept()?.reactions ?? {}], ['as it was', 'chat', {}]);
    assert.equal(await world().call((sends) => sends.edit(sent.id, 'changed', ME)), true);
    assert.equal(kept()?.body, 'changed');
  });
}
