import assert from 'node:assert/strict';
import { composeIncoming } from '../../../../services/sandbox/phone/compose-messages.ts';
import { fails, PATIENT, sendsOf, sendUntilSent, sent } from '../../../support/bridge/send-support.ts';
import { until } from '../../../support/bridge/until.ts';
import { type Answer, startWorld, type World } from '../../../support/bridge/world.ts';

const TO = '15552220000@c.us';
const GROUP = '120363000000000001@g.us';
const retry = { since: Math.floor(Date.now() / 1000), known: [] };

describe('bridge, after a send of which nobody knows what became of it', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.link({ limits: PATIENT });
  });
  afterEach(async () => {
    await world.phone('behave', {});
    world.sandbox.phone.isOffline = false;
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  const send = (text: string, stanza_id: string, more: object = {}): Promise<Answer> =>
    world.send(text, TO, { stanza_id, ...more });

  it('finds it when the browser was killed right after it was added, and does not send it again', async () => {
    const id = '3EB0C0FFEE00000000000A';
    // The page is not told: it goes on, and keeps what it adds in its own outbox.
    world.sandbox.phone.isOffline = true;
    const sending = send('added', id);
    await until('it is added', () =>
      world.api.ofKind('message_sent').some(({ data }) => data.stanza_id === id),
    );
    const pid = await killBrowser();
    fails(await sending, 504, 'outcome_unknown', new RegExp(id));
    assert.equal(sendsOf(world, 'added'), 0);
    world.sandbox.phone.isOffline = false;
    await world.untilReadyAgain(pid);
    const { messageId } = sent(await send('added', id, { retry }));
    assert.equal(messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, 'added'), 1);
  });

  it('finds it when the browser was killed as the phone got it', async () => {
    const id = '3EB0C0FFEE00000000000B';
    const { browser_pid: pid = 0 } = await world.status();
    const stop = world.sandbox.phone.onChange(() => {
      if (sendsOf(world, 'taken') === 0) return;
      stop();
      process.kill(pid, 'SIGKILL');
    });
    const { answer } = await sendUntilSent(world, 'taken', TO, id);
    await world.untilReadyAgain(pid);
    assert.equal(sent(await send('taken', id, { retry })).messageId, answer.messageId);
    assert.equal(answer.messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, 'taken'), 1);
  });

  it('sends it once when the page was loaded anew while it was added', async () => {
    await world.misbehave('policy', { addMs: 2_000 });
    const id = '3EB0C0FFEE00000000000C';
    const sending = sendUntilSent(world, 'reloaded', TO, id);
    await until('it goes to the page', () =>
      world.log.some((line) => line.includes(`${id} goes to the page`)),
    );
    await world.misbehave('reload');
    await world.misbehave('policy', { addMs: 0 });
    const { answer, failures } = await sending;
    assert.equal(answer.messageId, `true_${TO}_${id}`);
    assert.notEqual(failures.length, 0);
    assert.equal(sendsOf(world, 'reloaded'), 1);
  });

  it('finds it after the bridge was killed, though it is older than what the page has loaded', async () => {
    const [id, idInGroup, loadedId] = ['D', 'E', 'F'].map((end) => `3EB0C0FFEE00000000000${end}`);
    assert.ok(id && idInGroup && loadedId);
    const { messageId } = sent(await send('old', id));
    const inGroup = sent(await world.send('old in a group', GROUP, { stanza_id: idInGroup }));
    for (let n = 0; n < 250; n++) keepOnPhone(`from somebody: ${n}`);
    // Somebody's message with the very id comes first.
    await world.phone('incoming', { from: TO, body: 'an echo', key: loadedId });
    const loaded = sent(await send('new', loadedId));
    await world.stopBridge('SIGKILL');
    await world.startBridge({ limits: PATIENT });
    await world.untilState('ready');
    // Since later than that: by its likeness it is not found.
    const later = { retry: { since: Math.floor(Date.now() / 1000) + 600, known: [] } };
    assert.equal(sent(await send('old', id, later)).messageId, messageId);
    const again = await world.send('old in a group', GROUP, { stanza_id: idInGroup, ...later });
    assert.equal(sent(again).messageId, inGroup.messageId);
    // Though nobody says that it is a second try.
    assert.equal(sent(await send('new', loadedId)).messageId, loaded.messageId);
    const counts = ['old', 'old in a group', 'new'].map((text) => sendsOf(world, text));
    assert.deepEqual(counts, [1, 1, 1]);
  });

  it('loses and doubles nothing while browser and bridge are killed at random', async function () {
    this.timeout(120_000);
    const texts = Array.from({ length: 24 }, (_, n) => `under fire ${n}`);
    const chats = [TO, '15552220001@c.us', '15552220002@c.us', GROUP];
    let isOver = false;
    const writers = chats.map(async (chatId, writer) => {
      for (const [n, text] of texts.entries())
        if (n % chats.length === writer)
          await sendUntilSent(world, text, chatId, `3EB0F19E${String(n).padStart(14, '0')}`);
    });
    const fire = async () => {
      for (let shot = 1; !isOver; shot += 1) {
        await until('something to be sent', () => isOver || countSent(texts) >= shot * 4);
        if (isOver) return;
        if (shot % 3 === 0) {
          await world.stopBridge('SIGKILL');
          await world.startBridge({ limits: PATIENT });
          await world.untilState('ready');
        } else await world.untilReadyAgain(await killBrowser());
      }
    };
    const firing = fire();
    await Promise.all(writers);
    isOver = true;
    await firing;
    await until('all to be at the phone', () => countSent(texts) === texts.length);
    assert.deepEqual(
      texts.filter((text) => sendsOf(world, text) !== 1),
      [],
    );
  });

  function countSent(texts: readonly string[]): number {
    return texts.filter((text) => sendsOf(world, text) > 0).length;
  }

  function keepOnPhone(body: string): void {
    const { phone } = world.sandbox;
    phone.keep({ ...composeIncoming({ from: '15556660000', body }, phone), delivered: true });
  }

  async function killBrowser(): Promise<number> {
    const { browser_pid } = await world.status();
    assert.ok(browser_pid, 'no browser runs');
    process.kill(browser_pid, 'SIGKILL');
    return browser_pid;
  }
});
