import assert from 'node:assert/strict';
import { lidOf } from '../../../../services/sandbox/web/people/directory.ts';
import { ModelWorld } from '../../../support/bridge/model-world.ts';
import { fails, kitMessages, newId, sendsOf, sent } from '../../../support/bridge/send-support.ts';
import { until } from '../../../support/until.ts';

const TO = '15552220000@c.us';
const GROUP = '120363000000000001@g.us';
const NOBODY = '3EB0000000000000000000';
const MY_ID = '15550001111@c.us';

describe('bridge, sending', () => {
  let world: ModelWorld;
  beforeEach(async () => {
    world = new ModelWorld();
    await world.untilReady();
  });
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  const post = (content: object, chatId = TO) => world.post({ chatId, content });
  const onPhone = (id: string) => world.sandbox.phone.state.messages.get(id);
  const incoming = async (body: object): Promise<string> => {
    const id = world.incoming(body);
    await until('it is in the page', () =>
      world.events.some((event) => event.kind === 'message' && event.message.id === id),
    );
    return id;
  };

  it('answers once the server of WhatsApp has the message, under the id that the caller chose', async () => {
    const stanzaId = newId();
    const answer = sent(await world.send('hello', '+1 (555) 222-0000', { stanza_id: stanzaId }));
    const { timestamp, ...others } = answer;
    const person = { phone_number: '15552220000', lid: `${lidOf('15552220000')}@lid` };
    const messageId = `true_${TO}_${stanzaId}`;
    assert.deepEqual(others, { success: true, messageId, chatId: TO, person, ack: 1 });
    assert.ok(Math.abs(timestamp - Date.now() / 1000) < 60);
    assert.equal(sendsOf(world, 'hello'), 1);
  });

  it('chooses an id where its caller does not', async () => {
    const ids = [sent(await world.send('one')), sent(await world.send('two'))].map(
      ({ messageId }) => messageId,
    );
    for (const id of ids) assert.match(id, /^true_15552220000@c\.us_3EB0[0-9A-F]{18}$/);
    assert.equal(new Set(ids).size, 2);
  });

  it('sends many at once one after the other, in their order, each once', async () => {
    const texts = Array.from({ length: 30 }, (_, number) => `burst ${number}`);
    const answers = await Promise.all(texts.map((text) => world.send(text)));
    const ids = answers.map((answer) => sent(answer).messageId);
    assert.equal(new Set(ids).size, 30);
    assert.deepEqual(
      kitMessages(world).map(({ body }) => body),
      texts,
    );
  });

  it('answers a message, by its whole id or by its stanza id, and in a group', async () => {
    for (const chatId of [TO, GROUP]) {
      const author = chatId === GROUP ? { author: TO } : {};
      const id = await incoming({ from: chatId, body: 'who?', ...author });
      const key = id.split('_')[2] ?? '';
      for (const reply_to of [id, key]) {
        const { messageId } = sent(await post({ kind: 'text', text: 'me', reply_to }, chatId));
        assert.equal(onPhone(messageId)?.details.quotedStanzaID, key);
      }
    }
  });

  it('is not_found when there is nothing to answer, and sends nothing', async () => {
    const answer = await post({ kind: 'text', text: 'to what?', reply_to: NOBODY });
    fails(answer, 404, 'not_found', /reply_to/);
    assert.deepEqual(kitMessages(world), []);
  });

  it('reacts to a message, and takes it back', async () => {
    const id = await incoming({ from: TO, body: 'good news' });
    const answer = sent(await post({ kind: 'reaction', target: id, emoji: '👍' }));
    assert.deepEqual([answer.messageId, answer.ack, answer.chatId], [id, 1, TO]);
    assert.deepEqual(onPhone(id)?.reactions, { [MY_ID]: '👍' });
    sent(await post({ kind: 'reaction', target: id.split('_')[2], emoji: '' }));
    assert.deepEqual(onPhone(id)?.reactions, {});
  });

  it('edits its own text, once or twice', async () => {
    const { messageId: target } = sent(await world.send('drfat'));
    for (const _time of [1, 2]) {
      const answer = sent(await post({ kind: 'edit', target, text: 'draft' }));
      assert.deepEqual([answer.messageId, answer.ack], [target, 1]);
      assert.deepEqual([onPhone(target)?.body, onPhone(target)?.edited], ['draft', true]);
    }
  });

  it('deletes its own message for everyone, once or twice', async () => {
    const { messageId: target } = sent(await world.send('oops'));
    for (const _time of [1, 2]) {
      sent(await post({ kind: 'delete', target }));
      assert.equal(onPhone(target)?.type, 'revoked');
    }
  });

  it('only looks whether a change was made, when it is to', async () => {
    const { messageId: target } = sent(await world.send('as it is'));
    const retry = { since: 0, known: [], only_look: true };
    const look = (text: string) =>
      world.post({ chatId: TO, content: { kind: 'edit', target, text }, stanza_id: newId(), retry });
    fails(await look('changed'), 404, 'not_found', /is as it was/);
    assert.equal(onPhone(target)?.body, 'as it is');
    sent(await look('as it is'));
  });

  it('says why it cannot edit or delete', async () => {
    const id = await incoming({ from: TO, body: 'not yours' });
    const picture = sent(await post({ kind: 'media', mimetype: 'image/png', data: 'AAAA' })).messageId;
    const example = onPhone(picture);
    assert.ok(example);
    const key = newId();
    const old = { ...example, key, id: `true_${TO}_${key}`, type: 'chat', t: example.t - 7 * 86_400 };
    world.sandbox.phone.keep(old);
    const edit = (target: string) => post({ kind: 'edit', target, text: 'changed' });
    fails(await edit(id), 502, 'send_refused', /not of this account/);
    fails(await edit(picture), 502, 'send_refused', /no text/);
    fails(await edit(old.id), 502, 'send_refused', /too old/);
    fails(await post({ kind: 'delete', target: id }), 502, 'send_refused', /not let this account delete/);
    fails(await post({ kind: 'delete', target: old.id }), 502, 'send_refused', /or no longer/);
  });

  it('is not_found when there is nothing to react to, edit or delete', async () => {
    for (const action of [{ kind: 'reaction', emoji: '👍' }, { kind: 'edit', text: 'x' }, { kind: 'delete' }])
      fails(await post({ ...action, target: NOBODY }), 404, 'not_found', /target/);
  });
});
