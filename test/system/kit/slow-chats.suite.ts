import assert from 'node:assert/strict';
import type { Kit } from '../../support/kit/kit.ts';
import { sharedKit } from '../../support/kit/shared-kit.ts';

const VIDEO = { data: Buffer.from('a video').toString('base64'), mimetype: 'video/mp4' };

describe('kit, while sends to many chats are slow to prepare', () => {
  let kit: Kit;
  before(async () => {
    kit = await sharedKit();
    await kit.post('/sandbox/api/misbehave', { kind: 'policy', uploadMs: 3_600_000, previewMs: 3_600_000 });
  });

  const bodies = async () => (await kit.received()).map(({ body }) => body);

  it('sends a code to another chat before ten slow videos, and a text with a dead link without its preview', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 10; n += 1) {
      const body = { chat_id: `1555010020${n}`, message: `video ${n}`, media: VIDEO };
      const response = await kit.post('/api/whatsapp/send', body, { prefer: 'respond-async' });
      assert.equal(response.status, 202, JSON.stringify(await response.clone().json()));
      ids.push((await response.json()).id);
    }
    await kit.until('the first video is being uploaded', async () => {
      const response = await fetch(`${kit.origin}/api/whatsapp/messages/${ids[0]}`);
      return (await response.json()).status === 'sending';
    });
    const link = { chat_id: '15550100220', message: 'see https://example.com/dead' };
    await kit.post('/api/whatsapp/send', link, { prefer: 'respond-async' });
    const code = { chat_id: '15550100221', message: 'your code is 123456' };
    await kit.post('/api/whatsapp/send', code, { prefer: 'respond-async' });
    await kit.until('the code is at the phone', async () => (await bodies()).includes(code.message));
    await kit.until('the link is at the phone', async () => (await bodies()).includes(link.message));
    assert.ok(!(await kit.received()).some(({ chat_id }) => chat_id.startsWith('1555010020')));
  });

  it('cancels a video while it and others are being uploaded, and its chat goes on', async () => {
    // The link and the code are at the phone, but may still wait for their acknowledgement.
    const isVideo = (number = '') => number.startsWith('1555010020');
    const video = (await kit.sending()).find(({ person }) => isVideo(person?.phone_number));
    const number = video?.person?.phone_number;
    assert.ok(video !== undefined && number !== undefined);
    const canceled = await kit.cancel(video.id);
    assert.deepEqual(await canceled.json(), { success: true, status: 'canceled' });
    const sent = await kit.post('/api/whatsapp/send', { chat_id: number, message: 'wanted' });
    assert.equal(sent.status, 200, await sent.text());
    const inChat = (await kit.received()).filter(({ chat_id }) => chat_id === `${number}@c.us`);
    assert.deepEqual(
      inChat.map(({ body }) => body),
      ['wanted'],
    );
  });
});
