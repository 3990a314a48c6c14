import { ModelWorld } from '../../../support/bridge/model-world.ts';
import { fails, newId, sent } from '../../../support/bridge/send-support.ts';

const TO = '15552220000@c.us';
const retry = { since: Math.floor(Date.now() / 1000), known: [] };

describe("bridge, a change that WhatsApp's server has not accepted", () => {
  let world: ModelWorld;
  let target: string;
  beforeEach(async () => {
    world = new ModelWorld();
    await world.untilReady();
    target = sent(await world.send('drfat')).messageId;
  });
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  const post = (content: object, more: object = {}) =>
    world.post({ chatId: TO, content: { target, ...content }, ...more });

  it('is send_failed for an edit and a reaction, and made when asked again', async () => {
    for (const content of [
      { kind: 'edit', text: 'draft' },
      { kind: 'reaction', emoji: '👍' },
    ]) {
      const stanza_id = newId();
      await world.misbehave('policy', { mode: 'fail-network' });
      fails(await post(content, { stanza_id }), 502, 'send_failed');
      const look = await post(content, { stanza_id, retry: { ...retry, only_look: true } });
      fails(look, 404, 'not_found', /is as it was/);
      await world.behave();
      sent(await post(content, { stanza_id, retry }));
      sent(await post(content, { stanza_id, retry }));
    }
  });

  it('is outcome_unknown for a deletion that the page does not show in time, and looked for when asked again', async () => {
    const stanza_id = newId();
    await world.misbehave('policy', { mode: 'fail-network' });
    world.limits.sendMs = 700;
    fails(
      await post({ kind: 'delete' }, { stanza_id }),
      504,
      'outcome_unknown',
      /not deleted the message yet/,
    );
    world.limits.sendMs = 60_000;
    await world.behave();
    sent(await post({ kind: 'delete' }, { stanza_id, retry }));
    sent(await post({ kind: 'delete' }, { stanza_id, retry: { ...retry, only_look: true } }));
    if (world.ends.length > 0) throw new Error('the browser was ended');
  });

  it('says that the contact is blocked', async () => {
    await world.misbehave('policy', { mode: 'blocked' });
    for (const content of [
      { kind: 'edit', text: 'draft' },
      { kind: 'reaction', emoji: '👍' },
    ])
      fails(await post(content), 502, 'send_refused', /unblock the contact/);
    sent(await post({ kind: 'delete' }));
  });
});
