import assert from 'node:assert/strict';
import { addsOf, announced, newId, send, text } from '../../support/bridge/page-calls.ts';
import type { PageUnderTest } from '../../support/bridge/pages-under-test.ts';
import { until } from '../../support/until.ts';

const TO = '15552220100@c.us';
const GROUP = '120363000000000100@g.us';

export function choosesIds(world: () => PageUnderTest): void {
  it('sends under the chosen id, and answers with the ack of the server', async () => {
    const stanzaId = newId();
    const sent = await send(world(), TO, text('chosen'), { stanzaId });
    assert.equal(sent?.id, `true_${TO}_${stanzaId}`);
    assert.deepEqual([sent.stanza_id, sent.chat_id, sent.ack], [stanzaId, TO, 1]);
    assert.deepEqual([sent.type, sent.body, sent.from_me, sent.has_media], ['chat', 'chosen', true, false]);
    assert.equal(addsOf(world(), stanzaId), 1);
  });

  it('names the author in the id of a message to a group', async () => {
    const stanzaId = newId();
    const sent = await send(world(), GROUP, text('to all'), { stanzaId });
    assert.equal(sent?.id, `true_${GROUP}_${stanzaId}_15550001111@c.us`);
  });

  it('announces a message with ack 0, then each of its acks once', async () => {
    const { events } = world();
    const stanzaId = newId();
    await send(world(), TO, text('followed'), { stanzaId });
    const own = () =>
      events.flatMap((event) => {
        if (event.kind === 'message_sent' && event.message.stanza_id === stanzaId)
          return [`sent ${event.message.ack}`];
        return event.kind === 'ack' && event.message.stanza_id === stanzaId ? [`ack ${event.ack}`] : [];
      });
    await until('the ack 3', () => own().includes('ack 3'));
    assert.deepEqual(own(), ['sent 0', 'ack 1', 'ack 2', 'ack 3']);
  });

  it('refuses an id under which a message is there already', async () => {
    const stanzaId = newId();
    await send(world(), TO, text('once'), { stanzaId });
    await assert.rejects(
      send(world(), TO, text('twice'), { stanzaId, attempt: 'another' }),
      /gatehouse: already there/,
    );
    assert.equal(addsOf(world(), stanzaId), 1);
  });

  it('refuses a send that comes too late, and one that was canceled before', async () => {
    const [late, canceled] = [newId(), newId()];
    await assert.rejects(
      send(world(), TO, text('late'), { stanzaId: late, notAfter: Date.now() - 1 }),
      /gatehouse: too late to send/,
    );
    assert.equal(await world().call((sends) => sends.cancelSend('canceled')), 'unknown');
    await assert.rejects(
      send(world(), TO, text('canceled'), { stanzaId: canceled, attempt: 'canceled' }),
      /gatehouse: too late to send/,
    );
    assert.deepEqual([addsOf(world(), late), addsOf(world(), canceled)], [0, 0]);
  });

  it('says that a message was added while its ack is awaited', async () => {
    await world().misbehave('policy', { mode: 'no-ack' });
    const stanzaId = newId();
    const sending = send(world(), TO, text('no ack'), { stanzaId, attempt: 'no ack' });
    await announced(world(), stanzaId);
    assert.equal(await world().call((sends) => sends.cancelSend('no ack')), 'added');
    await until('the phone has it', () => addsOf(world(), stanzaId) === 1);
    await world().misbehave('ack', { id: `true_${TO}_${stanzaId}`, ack: 1 });
    assert.equal((await sending)?.ack, 1);
    assert.equal(await world().call((sends) => sends.cancelSend('no ack')), 'unknown');
  });
}
