import assert from 'node:assert/strict';
import { addsOf, newId, send, text } from '../../support/bridge/page-calls.ts';
import type { PageUnderTest } from '../../support/bridge/pages-under-test.ts';

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

  it('gives a message that the server refuses the ack -1, and keeps it out of the phone', async () => {
    const stanzaId = newId();
    await world().misbehave('policy', { mode: 'fail-result' });
    assert.equal((await send(world(), TO, text('refused'), { stanzaId }))?.ack, -1);
    const { ack, mayEdit, mayRevoke } = (await find(stanzaId)) ?? {};
    assert.deepEqual([ack, mayEdit, mayRevoke], [-1, false, false]);
    assert.equal(addsOf(world(), stanzaId), 0);
    await world().behave();
    await assert.rejects(
      send(world(), TO, text('refused'), { stanzaId, attempt: 'second' }),
      /gatehouse: already there/,
    );
  });

  it('gives the reason when an account may write to no more strangers, and still writes to others', async () => {
    const [stranger, friend, stanzaId] = ['15552220401@c.us', '15552220402@c.us', newId()];
    world().incoming({ from: friend, body: 'write to me' });
    await world().misbehave('policy', { mode: 'restrict-cold' });
    await assert.rejects(send(world(), stranger, text('cold'), { stanzaId }), /gatehouse: restricted: .*463/);
    assert.equal(addsOf(world(), stanzaId), 0);
    assert.equal((await send(world(), friend, text('warm')))?.ack, 1);
  });

  it('says that a message is being added while the add hangs', async () => {
    const stanzaId = newId();
    await world().misbehave('policy', { mode: 'hang-add' });
    const hanging = send(world(), TO, text('hangs'), { stanzaId, attempt: 'hangs' });
    hanging.catch(() => 'it ends with its page');
    assert.equal(await world().call((sends) => sends.cancelSend('hangs')), 'adding');
    await world().behave();
    assert.equal(await find(stanzaId), undefined);
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
