import assert from 'node:assert/strict';
import type { NewContent } from '../../../services/bridge/page/content.ts';
import { addsOf, newId, send, sendToPhone, text } from '../../support/bridge/page-calls.ts';
import type { PageUnderTest } from '../../support/bridge/pages-under-test.ts';
import { DOT } from '../../support/bridge/send-support.ts';

const TO = '15552220200@c.us';
const DOT_BYTES = 69;
const LINK = 'see https://example.com/page';

export function sendsContents(world: () => PageUnderTest): void {
  const prepare = async (content: NewContent): Promise<string> => {
    const name = `prepared ${newId()}`;
    await world().call((sends) => sends.prepare(name, TO, content));
    return name;
  };
  const picture = (more: object = {}): NewContent => ({
    ...{ kind: 'media', mimetype: 'image/png', data: DOT, ...more },
  });

  for (const [content, type, caption] of [
    [picture({ caption: 'a dot' }), 'image', 'a dot'],
    [picture({ as_document: true, filename: 'dot.png' }), 'document', undefined],
    [picture({ mimetype: 'video/mp4' }), 'video', undefined],
    [picture({ mimetype: 'audio/ogg' }), 'audio', undefined],
    [picture({ mimetype: 'audio/ogg', as_voice: true }), 'ptt', undefined],
    [picture({ mimetype: 'application/zip' }), 'document', undefined],
  ] as const)
    it(`sends a medium that was uploaded before: ${type} of ${JSON.stringify({ ...content, data: '' })}`, async () => {
      const prepared = await prepare(content);
      const sent = await send(world(), TO, content, { prepared });
      assert.deepEqual([sent?.type, sent?.body, sent?.has_media], [type, caption ?? '', true]);
      const kept = world().sandbox.phone.state.messages.get(sent?.id ?? '');
      assert.deepEqual([kept?.type, kept?.details.caption, kept?.details.size], [type, caption, DOT_BYTES]);
    });

  it('sends a medium of which the preparation was dropped, or never made, to nobody', async () => {
    const dropped = await prepare(picture());
    await world().call((sends) => sends.drop(dropped));
    for (const prepared of [dropped, 'never made'])
      await assert.rejects(send(world(), TO, picture(), { prepared }), /gatehouse: not prepared/);
  });

  it('takes a preparation for one send only', async () => {
    const prepared = await prepare(picture());
    await send(world(), TO, picture(), { prepared });
    await assert.rejects(send(world(), TO, picture(), { prepared }), /gatehouse: not prepared/);
  });

  it('says why a medium cannot be uploaded', async () => {
    await assert.rejects(prepare(picture({ data: '§§§' })), /'atob'/);
    await world().misbehave('policy', { mode: 'fail-upload' });
    await assert.rejects(prepare(picture()), /upload failed/);
  });

  it('adds the preview of a link, which was prepared before', async () => {
    const { details } = await sendToPhone(world(), TO, text(LINK), { prepared: await prepare(text(LINK)) });
    assert.deepEqual([details.title, details.matchedText], Array(2).fill('https://example.com/page'));
    assert.equal((await sendToPhone(world(), TO, text(LINK))).details.title, undefined);
  });

  it('sends a place, a contact card, and a text that only looks like one', async () => {
    const place = {
      kind: 'location',
      latitude: 52.5,
      longitude: 13.25,
      name: 'here',
      address: 'a street',
    } as const;
    const { type, body, details } = await sendToPhone(world(), TO, place);
    assert.deepEqual([type, body ?? ''], ['location', '']);
    assert.deepEqual([details.lat, details.lng, details.loc], [52.5, 13.25, 'here\na street']);
    const contact = { kind: 'contact', name: 'Ada', phone_number: '15551234567' } as const;
    const card = await sendToPhone(world(), TO, contact);
    assert.deepEqual([card.type, card.details.vcardFormattedName], ['vcard', 'Ada']);
    const plain = await sendToPhone(world(), TO, text(card.body ?? ''));
    assert.deepEqual([plain.type, plain.body], ['chat', card.body]);
  });

  it("names people, and refuses a name that is nobody's id", async () => {
    const named = await sendToPhone(world(), TO, { kind: 'text', text: '@1', mentions: ['+1 555 333 0000'] });
    assert.deepEqual(named.details.mentionedJidList, ['15553330000@c.us']);
    await assert.rejects(send(world(), TO, { kind: 'text', text: '@1', mentions: ['you'] }), {
      code: 'recipient_invalid',
    });
  });

  it('quotes a message, and refuses to quote one that is not there', async () => {
    const quoted = world().incoming({ from: TO, body: 'who?' });
    const stanzaId = quoted.split('_')[2] ?? '';
    const { details } = await sendToPhone(world(), TO, text('me'), { quotedId: quoted });
    assert.deepEqual([details.quotedStanzaID, details.quotedMsg], [stanzaId, { body: 'who?', type: 'chat' }]);
    const id = newId();
    await assert.rejects(
      send(world(), TO, text('to what?'), { stanzaId: id, quotedId: `false_${TO}_3EB000` }),
      /Could not get the quoted message/,
    );
    assert.equal(addsOf(world(), id), 0);
  });
}
