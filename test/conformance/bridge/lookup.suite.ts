import assert from 'node:assert/strict';
import { lidOf } from '../../../services/sandbox/web/people/directory.ts';
import { newId, send, sendToPhone, text } from '../../support/bridge/page-calls.ts';
import type { PageUnderTest } from '../../support/bridge/pages-under-test.ts';
import { until } from '../../support/until.ts';

const TO = '15552220300@c.us';
const GROUP = '120363000000000300@g.us';
const ME = '15550001111@c.us';

export function looksUp(world: () => PageUnderTest): void {
  const find = (id: string, address = TO) => world().call((sends) => sends.find(id, address));
  const incoming = async (body: object): Promise<string> => {
    const id = world().incoming(body);
    await until('the library to announce it', () =>
      world().events.some((event) => event.kind === 'message' && event.message.id === id),
    );
    return id;
  };

  it('finds a message by its stanza id and by its whole id, in a chat and in a group', async () => {
    for (const address of [TO, GROUP]) {
      const sent = await send(world(), address, text('find me'));
      for (const id of [sent?.id ?? '', sent?.stanza_id ?? '']) {
        const found = await find(id, address);
        assert.ok(found && found.ack >= 1);
        assert.deepEqual(
          { ...found, errorCode: undefined },
          {
            ...{ id: sent?.id, stanza_id: sent?.stanza_id, chat_id: address, timestamp: sent?.timestamp },
            ...{
              from_me: true,
              ack: found.ack,
              type: 'chat',
              body: 'find me',
              mayEdit: true,
              mayRevoke: true,
            },
            ...{ isFailed: false, isRefused: false, isEditFailed: false, errorCode: undefined },
          },
        );
      }
    }
    assert.equal(await find(newId()), undefined);
  });

  it('finds the own message before that of somebody else with the same stanza id', async () => {
    const key = newId();
    const theirs = await incoming({ from: TO, body: 'an echo', key });
    const { mayEdit, mayRevoke, from_me, id } = (await find(key)) ?? {};
    assert.deepEqual([id, from_me, mayEdit, mayRevoke], [theirs, false, false, false]);
    const own = await send(world(), TO, text('an echo'), { stanzaId: key });
    assert.equal((await find(key))?.id, own?.id);
    assert.equal((await find(theirs))?.id, theirs);
  });

  it('lists what was sent to a chat since a time: nothing typed on the phone, nothing of another chat', async () => {
    const { phone } = world().sandbox;
    const to = '15552220301@c.us';
    const now = Math.floor(Date.now() / 1000);
    const list = (address: string, since: number) => world().call((sends) => sends.ownSince(address, since));
    assert.deepEqual(await list(to, now - 60), []);
    const first = await sendToPhone(world(), to, text('first'));
    const key = newId();
    phone.keep({ ...first, id: `true_${to}_${key}`, key, body: 'long ago', t: now - 3_600, adds: [] });
    await world().misbehave('fromPhone', { to, body: 'typed' });
    await incoming({ from: to, body: 'theirs' });
    await send(world(), TO, text('another chat'));
    await send(world(), to, text('second'));
    const bodies = (await list(to, now - 60)).map(({ body }) => body);
    assert.deepEqual(bodies, ['first', 'second']);
    assert.deepEqual((await list(to, now + 600)).length, 0);
  });

  it('reacts to a message, and takes the reaction back', async () => {
    const id = await incoming({ from: TO, body: 'good news' });
    const reactions = () => world().sandbox.phone.state.messages.get(id)?.reactions;
    await world().call((sends) => sends.react(id, '👍'));
    assert.deepEqual(reactions(), { [ME]: '👍' });
    await world().call((sends) => sends.react(id, ''));
    assert.deepEqual(reactions(), {});
  });

  it('edits and deletes what it may: its own, not too old, and not twice', async () => {
    const { phone } = world().sandbox;
    const sent = await sendToPhone(world(), TO, text('drfat'));
    const kept = () => phone.state.messages.get(sent.id);
    assert.equal(await world().call((sends) => sends.edit(sent.id, 'draft')), true);
    assert.deepEqual([kept()?.body, kept()?.edited], ['draft', true]);
    assert.equal((await find(sent.id))?.body, 'draft');
    assert.equal(await world().call((sends) => sends.revoke(sent.id, Date.now() + 30_000)), true);
    assert.equal(kept()?.type, 'revoked');
    const { type, mayEdit, mayRevoke } = (await find(sent.id)) ?? {};
    assert.deepEqual([type, mayEdit, mayRevoke], ['revoked', false, false]);

    const theirs = await incoming({ from: TO, body: 'not yours' });
    assert.equal(await world().call((sends) => sends.edit(theirs, 'changed')), false);
    const key = newId();
    const old = { ...sent, key, id: `true_${TO}_${key}`, t: sent.t - 7 * 86_400, type: 'chat', body: 'old' };
    phone.keep(old);
    const found = await find(old.id);
    assert.deepEqual([found?.mayEdit, found?.mayRevoke], [false, false]);
    assert.equal(await world().call((sends) => sends.edit(old.id, 'changed')), false);
    assert.equal(phone.state.messages.get(old.id)?.body, 'old');
  });

  it('knows which numbers have an account, and opens no chat with the others', async () => {
    const nobody = '15559990300@c.us';
    await world().misbehave('setUnregistered', { numbers: [nobody] });
    const resolve = (chatId: string) => world().call((sends) => sends.resolve(chatId, {}));
    const stranger = '15552220309';
    const lid = `${lidOf(stranger)}@lid`;
    assert.equal(await resolve(nobody), undefined);
    const person = { phone_number: stranger, lid };
    assert.deepEqual(await resolve(`${stranger}@c.us`), { chatId: lid, person, isAsked: true });
    const withoutLid = '15550990300@c.us';
    assert.equal((await resolve(withoutLid))?.chatId, withoutLid);
    await assert.rejects(
      world().call((sends) => sends.open(nobody)),
      /No LID for user/,
    );
    await world().call((sends) => sends.open(TO));
    await assert.rejects(send(world(), nobody, text('nobody')), /No LID for user/);
    await assert.rejects(send(world(), 'not a wid', text('nobody')), /wid error/);
  });

  it('opens no chat of a channel that is not there', async () => {
    assert.equal(await send(world(), '120363000000000399@newsletter', text('to nobody')), undefined);
  });
}
