import assert from 'node:assert/strict';
import { SendEndedError } from '../../../services/bridge/page/errors.ts';
import { addsOf, newId, send, text } from '../../support/bridge/page-calls.ts';
import type { PageUnderTest } from '../../support/bridge/pages-under-test.ts';
import { until } from '../../support/until.ts';

const TO = '15552220400@c.us';

export function refusesSends(world: () => PageUnderTest): void {
  const find = (id: string) => world().call((sends) => sends.find(id, TO));

  it('adds nothing when the add fails, and takes the same id afterwards', async () => {
    const stanzaId = newId();
    await world().misbehave('policy', { mode: 'fail-add' });
    await assert.rejects(send(world(), TO, text('fails'), { stanzaId }), (error) => {
      assert.match(String(error), /could not add message/);
      assert.doesNotMatch(String(error), /not steered/);
      return true;
    });
    assert.equal(await find(stanzaId), undefined);
    await world().behave();
    await send(world(), TO, text('fails'), { stanzaId, attempt: 'second' });
    assert.equal(addsOf(world(), stanzaId), 1);
  });

  /** How the page ended the send of this message. */
  const endOf = async (stanzaId: string, to = TO, content = text('refused')) => {
    const error = await send(world(), to, content, { stanzaId, attempt: newId() }).catch(
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof SendEndedError, String(error));
    return error.word;
  };
  const outcomeOf = (stanzaId: string) => world().call((sends) => sends.outcomeOf(stanzaId));
  const resend = (id: string) => world().call((sends) => sends.resend(id));

  it('gives a message that the server refuses the ack -1, and keeps it out of the phone', async () => {
    const stanzaId = newId();
    await world().misbehave('policy', { mode: 'fail-result' });
    const { result, code, ack, isSendFailure } = await endOf(stanzaId);
    assert.deepEqual([result, typeof code, ack, isSendFailure], ['ERROR_UNKNOWN', 'number', -1, true]);
    assert.ok(code !== 463 && code !== 475);
    const found = (await find(stanzaId)) ?? { ack: 0, mayEdit: true, mayRevoke: true };
    assert.deepEqual([found.ack, found.mayEdit, found.mayRevoke], [-1, false, false]);
    assert.equal(addsOf(world(), stanzaId), 0);
    await world().behave();
    await assert.rejects(
      send(world(), TO, text('refused'), { stanzaId, attempt: 'second' }),
      /gatehouse: already there/,
    );
  });

  it('gives the code when an account may write to no more strangers, or begin no more chats, and still writes to others', async () => {
    const friend = '15552220402@c.us';
    world().incoming({ from: friend, body: 'write to me' });
    for (const [mode, expected, stranger] of [
      ['restrict-cold', 463, '15552220401@c.us'],
      ['cap-new-chats', 475, '15552220403@c.us'],
    ] as const) {
      const stanzaId = newId();
      await world().misbehave('policy', { mode });
      const { code, ack } = await endOf(stanzaId, stranger, text('cold'));
      assert.deepEqual([code, ack], [expected, -1]);
      assert.equal(addsOf(world(), stanzaId), 0);
      assert.equal((await send(world(), friend, text('warm')))?.ack, 1);
    }
  });

  it('leaves a message of which the page gave up the send at ack 0, as failed, and sends it under its id when it tries again', async () => {
    const stanzaId = newId();
    const id = `true_${TO}_${stanzaId}`;
    await world().misbehave('policy', { mode: 'fail-network' });
    const { result, code, ack, isSendFailure } = await endOf(stanzaId);
    assert.deepEqual([result, code, ack, isSendFailure], ['ERROR_NETWORK', undefined, 0, true]);
    const { isFailed, isRefused } = (await find(stanzaId)) ?? {};
    assert.deepEqual([isFailed, isRefused], [true, false]);
    assert.equal(await resend(id), undefined);
    assert.equal((await outcomeOf(stanzaId))?.result, 'ERROR_NETWORK');
    await world().behave();
    assert.equal(await resend(id), undefined);
    await until('its ack', async () => ((await find(stanzaId))?.ack ?? 0) >= 1);
    assert.equal((await find(stanzaId))?.isFailed, false);
    assert.equal(addsOf(world(), stanzaId), 1);
  });

  it('gives the code with which the server refuses a retry, too', async () => {
    for (const [mode, expected] of [
      ['fail-result', 479],
      ['restrict-cold', 463],
    ] as const) {
      const [stanzaId, to] = [newId(), '15552220404@c.us'];
      await world().misbehave('policy', { mode: 'fail-network' });
      await endOf(stanzaId, to);
      await world().misbehave('policy', { mode });
      assert.equal(await resend(`true_${to}_${stanzaId}`), undefined);
      const { code, ack } = (await outcomeOf(stanzaId)) ?? {};
      assert.deepEqual([code, ack], [expected, -1]);
    }
  });

  it('says of a blocked contact that it is, and shows nothing of it on the message', async () => {
    const stanzaId = newId();
    await world().misbehave('policy', { mode: 'blocked' });
    const { result, error, ack } = await endOf(stanzaId);
    assert.deepEqual([result, error, ack], ['REJECTED', 'Contact is blocked', 0]);
    const { isFailed, isRefused } = (await find(stanzaId)) ?? {};
    assert.deepEqual([isFailed, isRefused], [true, true]);
    assert.match((await resend(`true_${TO}_${stanzaId}`)) ?? '', /does not count it as failed/);
    assert.equal(addsOf(world(), stanzaId), 0);
  });

  it('says that a message is being added while the add hangs', async () => {
    // Its chat takes no other message any more.
    const [stanzaId, to] = [newId(), '15552220409@c.us'];
    await world().call((sends) => sends.open(to));
    await world().misbehave('policy', { mode: 'hang-add' });
    const hanging = send(world(), to, text('hangs'), { stanzaId, attempt: 'hangs' });
    hanging.catch(() => 'it ends with its page');
    assert.equal(await world().call((sends) => sends.cancelSend('hangs')), 'adding');
    await world().behave();
    assert.equal(await world().call((sends) => sends.find(stanzaId, to)), undefined);
    await send(world(), TO, text('goes on'));
  });

  it('keeps what is slow out of the way of other sends', async () => {
    await world().misbehave('policy', { uploadMs: 3_600_000, previewMs: 3_600_000, addMs: 0 });
    const contents = [
      { kind: 'media', mimetype: 'image/png', data: 'AAAA' },
      { kind: 'text', text: 'https://example.com' },
    ] as const;
    for (const [n, content] of contents.entries()) {
      const slow = world().call((sends) => sends.prepare(`slow ${n}`, TO, content));
      slow.catch(() => 'it ends with its page');
    }
    await send(world(), TO, text('fast'));
    await assert.rejects(send(world(), TO, contents[0], { prepared: 'slow 0' }), /gatehouse: not prepared/);
    await world().call((sends) => sends.drop('slow 1'));
  });
}
