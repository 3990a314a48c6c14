import assert from 'node:assert/strict';
import { z } from 'zod';
import { ModelWorld } from '../../../support/bridge/model-world.ts';
import {
  DOT,
  fails,
  isPrepared,
  kitMessages,
  newId,
  sendsOf,
  sendUntilSent,
  sent,
} from '../../../support/bridge/send-support.ts';
import type { Answer } from '../../../support/bridge/world.ts';

const TO = '15552220000@c.us';
const OTHER = '15552220001@c.us';
const FOR_EVER_MS = 3_600_000;
const VIDEO = { kind: 'media', mimetype: 'video/mp4', data: DOT, caption: 'a video' };
const LINK = 'see https://example.com/dead';

describe('bridge, while sends are slow to prepare', () => {
  let world: ModelWorld;
  beforeEach(async () => {
    world = new ModelWorld();
    await world.untilReady();
  });
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  const post = (content: object, chatId: string, id: string, more = {}): Promise<Answer> =>
    world.post({ chatId, content, stanza_id: id, ...more });

  /** Sends it; resolves when the bridge has begun to prepare it, with what answers it. */
  async function begin(content: object, chatId: string, id = newId()): Promise<{ answer: Promise<Answer> }> {
    const answer = post(content, chatId, id);
    await isPrepared(world, id);
    return { answer };
  }

  const detailsOf = (body: string) => kitMessages(world).find((message) => message.body === body)?.details;

  it('adds the preview of a link, once WhatsApp has it', async () => {
    sent(await post({ kind: 'text', text: 'https://example.com/page' }, TO, newId()));
    const details = z
      .object({ title: z.string(), matchedText: z.string() })
      .parse(detailsOf('https://example.com/page'));
    assert.deepEqual(details, { title: 'https://example.com/page', matchedText: 'https://example.com/page' });
  });

  it('asks for no preview where link_preview is false', async () => {
    await world.misbehave('policy', { previewMs: FOR_EVER_MS });
    sent(await post({ kind: 'text', text: LINK, link_preview: false }, TO, newId()));
    assert.equal(detailsOf(LINK)?.title, undefined);
  });

  it('keeps the order of the chat in which one is slow', async () => {
    await world.misbehave('policy', { uploadMs: 50 });
    const id = newId();
    const { answer } = await begin(VIDEO, TO, id);
    sent(await post({ kind: 'text', text: 'after the video' }, TO, newId()));
    sent(await answer);
    const [first, second] = kitMessages(world).slice(-2);
    assert.deepEqual([first?.key, second?.body], [id, 'after the video']);
  });

  it('is certain that nothing was sent when the browser is killed meanwhile, and sends it once with the next', async () => {
    await world.misbehave('policy', { uploadMs: FOR_EVER_MS });
    const [id, text] = [newId(), 'with a video'];
    const { answer } = await begin({ ...VIDEO, caption: text }, TO, id);
    world.killBrowser();
    fails(await answer, 503, 'whatsapp_not_ready', /nothing was sent/);
    await world.behave();
    await world.untilReady();
    sent(await post({ ...VIDEO, caption: text }, TO, id));
    assert.equal(kitMessages(world).filter(({ key }) => key === id).length, 1);
  });

  it('is certain of it, too, when the page is loaded anew', async () => {
    await world.misbehave('policy', { previewMs: FOR_EVER_MS });
    const [id, text] = [newId(), 'see https://example.com/reload'];
    const { answer } = await begin({ kind: 'text', text }, TO, id);
    await world.misbehave('reload');
    fails(await answer, 503, 'whatsapp_not_ready', /nothing was sent/);
    await world.behave();
    const { failures } = await sendUntilSent(world, text, TO, id);
    assert.ok(!failures.includes('outcome_unknown'), failures.join());
    assert.equal(sendsOf(world, text), 1);
  });

  it('adds a code to another chat before a video of 60 s and six dead links, and gives them up when it stops', async () => {
    await world.misbehave('policy', { uploadMs: 60_000, previewMs: 60_000 });
    const received = kitMessages(world).length;
    const slow = [await begin(VIDEO, '15552220010@c.us')];
    for (let n = 1; n <= 6; n += 1)
      slow.push(await begin({ kind: 'text', text: `${LINK}/${n}` }, `1555222002${n}@c.us`));
    sent(await world.send('your code is 123456', OTHER));
    assert.deepEqual(
      kitMessages(world)
        .slice(received)
        .map(({ body }) => body),
      ['your code is 123456'],
    );
    const closed = world.sender.close();
    for (const { answer } of slow) fails(await answer, 503, 'whatsapp_not_ready', /the bridge is closing/);
    await closed;
    assert.equal(kitMessages(world).length, received + 1);
  });

  it('sends one without the preview of its link that hangs, and keeps the browser', async () => {
    world.limits.previewMs = 20;
    await world.misbehave('policy', { previewMs: FOR_EVER_MS });
    const id = newId();
    const { messageId } = sent(await post({ kind: 'text', text: LINK }, TO, id));
    assert.equal(messageId, `true_${TO}_${id}`);
    assert.deepEqual([sendsOf(world, LINK), detailsOf(LINK)?.title, world.ends], [1, undefined, []]);
  });

  it('fails an upload that takes longer than it may once, with its limit, sends the next, and keeps the browser', async () => {
    world.limits.uploadMs = 20;
    await world.misbehave('policy', { uploadMs: FOR_EVER_MS });
    const answer = await post(VIDEO, TO, newId());
    fails(answer, 502, 'upload_failed', /longer than 20 ms \(SEND_UPLOAD_TIMEOUT_MS\)/);
    sent(await world.send('next', TO));
    assert.deepEqual([kitMessages(world).map(({ body }) => body), world.ends], [['next'], []]);
  });
});
