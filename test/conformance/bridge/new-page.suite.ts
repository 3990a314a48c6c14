import assert from 'node:assert/strict';
import { addsOf, announced, newId, send, text } from '../../support/bridge/page-calls.ts';
import type { PageUnderTest } from '../../support/bridge/pages-under-test.ts';
import { until } from '../../support/until.ts';

const TO = '15552220500@c.us';
const GROUP = '120363000000000500@g.us';

/** Each test leaves another load of the page, or another browser. */
export function outlivesItsBrowser(world: () => PageUnderTest): void {
  const find = (id: string, address = TO) => world().call((sends) => sends.find(id, address));

  it('keeps a message that was added while the phone was away over the death of its browser, as failed, until it is tried again', async () => {
    const { phone } = world().sandbox;
    const stanzaId = newId();
    const id = `true_${TO}_${stanzaId}`;
    // The page does not know that the phone is away: it tries on.
    phone.isOffline = true;
    const sending = send(world(), TO, text('kept'), { stanzaId });
    await announced(world(), stanzaId);
    // The page announces a message before it stores it, and puts it into its chat after that.
    await until('it is stored', async () => {
      const own = await world().call((sends) => sends.ownSince(TO, 0));
      return own.some(({ stanza_id }) => stanza_id === stanzaId);
    });
    world().killBrowser();
    await assert.rejects(
      sending,
      /the browser has exited|the page was closed|Target closed|Connection closed/,
    );
    assert.equal(addsOf(world(), stanzaId), 0);
    phone.isOffline = false;
    await world().untilReady();
    const found = await find(stanzaId);
    assert.deepEqual([found?.id, found?.ack, found?.isFailed, found?.isRefused], [id, 0, true, false]);
    assert.equal(addsOf(world(), stanzaId), 0);
    assert.equal(await world().call((sends) => sends.resend(id)), undefined);
    await until('its ack', async () => ((await find(stanzaId))?.ack ?? 0) >= 1);
    assert.deepEqual([addsOf(world(), stanzaId), (await find(stanzaId))?.isFailed], [1, false]);
  });

  it('loses nothing that stands in a chat, and each send under way, when it loads again', async () => {
    const { phone } = world().sandbox;
    const [old, inGroup, hanging] = [newId(), newId(), newId()];
    await send(world(), TO, text('old'), { stanzaId: old });
    await send(world(), GROUP, text('old, to all'), { stanzaId: inGroup });
    const [example] = phone.state.messages.values();
    assert.ok(example);
    for (let n = 0; n < 250; n += 1) {
      const key = `3EB0F00${String(n).padStart(15, '0')}`;
      const other = { id: `false_15556660000@c.us_${key}`, key, chat_id: '15556660000@c.us', from_me: false };
      phone.keep({ ...example, ...other, origin: 'contact', delivered: true, adds: [] });
    }
    await world().misbehave('policy', { mode: 'hang-add' });
    const sending = send(world(), TO, text('hangs'), { stanzaId: hanging });
    const ended = assert.rejects(sending, /Execution context was destroyed|Target closed|Session closed/);
    await world().reload();
    await ended;
    // Older than what the page has loaded.
    assert.equal((await find(old))?.id, `true_${TO}_${old}`);
    assert.equal((await find(inGroup, GROUP))?.id, `true_${GROUP}_${inGroup}_15550001111@c.us`);
    assert.equal(await find(hanging), undefined);
  });

  it('gives ids of its own where nobody may choose them, and says that it was not steered', async () => {
    await world().misbehave('settings', { resist: true });
    await world().reload();
    const stanzaId = newId();
    const sent = await send(world(), TO, text('its own'), { stanzaId, attempt: 'its own' });
    assert.match(sent?.stanza_id ?? '', /^3EB0[0-9A-F]{18}$/);
    assert.notEqual(sent?.stanza_id, stanzaId);
    assert.equal(sent?.ack, 0);
    await until('the phone has it', () => addsOf(world(), sent?.stanza_id ?? '') === 1);
    assert.equal(await find(stanzaId), undefined);
    await world().misbehave('policy', { mode: 'fail-add' });
    await assert.rejects(send(world(), TO, text('fails')), /gatehouse: not steered: .*could not add message/);
    await world().misbehave('policy', { mode: 'hang-add' });
    const hanging = send(world(), TO, text('hangs'), { attempt: 'hangs' });
    hanging.catch(() => 'it ends with its page');
    assert.equal(await world().call((sends) => sends.cancelSend('hangs')), 'adding');
  });
}
