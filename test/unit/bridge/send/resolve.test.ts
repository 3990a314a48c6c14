import assert from 'node:assert/strict';
import { OTHER_ACCOUNT } from '../../../../services/bridge/page/errors.ts';
import { type ResolveBody, resolveAnswerSchema } from '../../../../services/contract/bridge.ts';
import { lidOf } from '../../../../services/sandbox/web/people/directory.ts';
import {
  FakeBrowser,
  hang,
  madeOf,
  pageWith,
  resolvedTo,
  type Sends,
} from '../../../support/bridge/fake-page.ts';
import { ModelWorld } from '../../../support/bridge/model-world.ts';
import { newId, sent } from '../../../support/bridge/send-support.ts';
import { until } from '../../../support/until.ts';

const NUMBER = '15552220600';
const LID = '99990002225551@lid';
const UNREACHED = { sendMs: 60_000, callMs: 60_000, ackWaitMs: 60_000 };

describe('bridge, asked who somebody is', () => {
  let world: ModelWorld;
  beforeEach(async () => {
    world = new ModelWorld();
    await world.untilReady();
  });
  afterEach(() => world[Symbol.asyncDispose]());
  const resolve = async (chatId: string, more: Partial<ResolveBody> = {}) =>
    resolveAnswerSchema.parse(await world.sender.resolve({ chatId, ...more }));

  it('takes a number in any common form, an alias of it, and a LID', async () => {
    const person = { phone_number: '554791234567', lid: `${lidOf('554791234567')}@lid` };
    for (const typed of ['+55 (47) 99123-4567', '554791234567', '554791234567@c.us', person.lid])
      assert.deepEqual((await resolve(typed)).person, person, typed);
    assert.deepEqual((await resolve(LID)).person, { lid: LID });
  });

  it('answers of what it has answered without a question, unless a fresh answer is wanted', async () => {
    const asked: boolean[] = [];
    for (const fresh of [undefined, false, true]) asked.push((await resolve(NUMBER, { fresh })).isAsked);
    assert.deepEqual(asked, [true, false, true]);
  });

  it('says that a number has no account until it has one, without a memory of its own', async () => {
    const nobody = `${NUMBER}@c.us`;
    await world.misbehave('setUnregistered', { numbers: [nobody] });
    for (const _time of [1, 2]) await assert.rejects(resolve(NUMBER), { code: 'recipient_not_on_whatsapp' });
    await world.behave();
    assert.equal((await resolve(NUMBER)).person.phone_number, NUMBER);
    sent(await world.send('hello', nobody));
  });

  it('refuses what is no person, and another account', async () => {
    for (const typed of [
      '120363000000000300@g.us',
      '120363000000000399@newsletter',
      '15552220600:3@c.us',
      'nobody',
    ])
      await assert.rejects(resolve(typed), { code: 'recipient_invalid' }, typed);
    const account = '15550009999@c.us';
    await assert.rejects(resolve(NUMBER, { account }), { code: 'account_changed', message: /9999.*1111/ });
    await resolve(NUMBER, { account: '15550001111@c.us' });
  });

  it('is not ready while the session is not', async () => {
    await world.misbehave('offline');
    await assert.rejects(resolve(NUMBER), { code: 'whatsapp_not_ready' });
    await world.misbehave('online');
    await world.untilReady();
    await world.sender.close();
    await assert.rejects(resolve(NUMBER), { code: 'whatsapp_not_ready' });
  });
});

describe('bridge, questions beside the sends', () => {
  const browserWith = (sends: Partial<Sends>) => new FakeBrowser(pageWith(sends), UNREACHED);
  const body = (stanza_id = newId()) => ({ chatId: NUMBER, message: 'hello', stanza_id });

  it('neither wait for sends nor hold them up', async () => {
    const hanging = browserWith({ send: () => hang() });
    const sending = hanging.sender.send(body()).catch((error: unknown) => error);
    assert.equal((await hanging.sender.resolve({ chatId: NUMBER })).person.phone_number, NUMBER);
    hanging.end({ kind: 'stopped', reason: 'the test is over' });
    await sending;
    const other = browserWith({
      resolve: (chatId) => (chatId === `${NUMBER}@c.us` ? Promise.resolve(resolvedTo(chatId)) : hang()),
      send: async (address, content, { stanzaId }) => madeOf(address, content, stanzaId),
    });
    const questions = Array.from({ length: 9 }, (_, index) =>
      other.sender.resolve({ chatId: `1555333000${index}` }).catch((error: unknown) => error),
    );
    await other.sender.send(body());
    other.end({ kind: 'stopped', reason: 'the test is over' });
    await Promise.all(questions);
  });

  it('are put to the page a few at a time, in order, and each gets its answer', async () => {
    const open: (() => void)[] = [];
    let most = 0;
    let count = 0;
    const { sender } = browserWith({
      resolve: async (chatId) => {
        count += 1;
        most = Math.max(most, count);
        await new Promise<void>((go) => open.push(go));
        count -= 1;
        if (chatId.startsWith('15553330003')) throw new Error('stand-in: this one fails');
        return resolvedTo(chatId);
      },
    });
    const numbers = Array.from({ length: 9 }, (_, index) => `1555333000${index}`);
    const answers = numbers.map((chatId) =>
      sender.resolve({ chatId }).then(
        ({ person }) => person.phone_number,
        (error: unknown) => Object(error).code,
      ),
    );
    for (let done = 0; done < numbers.length; done += 1) {
      await until('the next question', () => open.length > 0);
      open.shift()?.();
    }
    assert.deepEqual(
      await Promise.all(answers),
      numbers.map((number) => (number === '15553330003' ? 'bridge_failed' : number)),
    );
    assert.equal(most, 4);
  });

  it('end in time, those that wait too, and leave their places to the next', async () => {
    const page = { isSlow: true };
    const browser = browserWith({
      resolve: (chatId) => (page.isSlow ? hang() : Promise.resolve(resolvedTo(chatId))),
    });
    browser.limits.callMs = 20;
    const ask = () => browser.sender.resolve({ chatId: NUMBER });
    const outcomes = await Promise.allSettled(Array.from({ length: 9 }, ask));
    for (const outcome of outcomes) {
      assert.equal(outcome.status, 'rejected');
      assert.equal(outcome.reason.code, 'bridge_failed');
    }
    browser.limits.callMs = 60_000;
    page.isSlow = false;
    await Promise.all(Array.from({ length: 9 }, ask));
  });

  for (const [text, code] of [
    ['wid error: invalid wid', 'recipient_invalid'],
    ['ServerStatusCodeError: rate-overlimit', 'bridge_failed'],
    [`${OTHER_ACCOUNT}{"account":"1@c.us","linked":"2@c.us"}`, 'account_changed'],
    ['Execution context was destroyed', 'whatsapp_not_ready'],
  ] as const)
    it(`end as ${code} when the page throws "${text}"`, async () => {
      const { sender } = browserWith({
        resolve: async () => {
          throw new Error(text);
        },
      });
      await assert.rejects(sender.resolve({ chatId: NUMBER }), { code });
    });

  it('are whatsapp_not_ready when the browser ends meanwhile', async () => {
    const asked = Promise.withResolvers<void>();
    const browser = browserWith({
      resolve: () => {
        asked.resolve();
        return hang();
      },
    });
    const asking = browser.sender.resolve({ chatId: NUMBER });
    await asked.promise;
    browser.end({ kind: 'failed', reason: 'the browser has exited' });
    await assert.rejects(asking, { code: 'whatsapp_not_ready', message: /has exited/ });
  });

  it('answer for the next send, which asks no more, and goes where the newest answer says', async () => {
    const page = { address: `${NUMBER}@c.us`, asked: 0 };
    const { sender } = browserWith({
      resolve: async () => {
        page.asked += 1;
        return { chatId: page.address, person: { phone_number: NUMBER }, isAsked: true };
      },
      send: async (address, content, { stanzaId }) => madeOf(address, content, stanzaId),
    });
    await sender.resolve({ chatId: NUMBER });
    assert.equal((await sender.send(body())).chatId, `${NUMBER}@c.us`);
    page.address = LID;
    await sender.resolve({ chatId: NUMBER, fresh: true });
    const { chatId, person } = await sender.send(body());
    assert.deepEqual([chatId, person, page.asked], [LID, { phone_number: NUMBER, lid: LID }, 2]);
  });
});

describe('bridge, whose chat a message is in', () => {
  const NUMBER_ID = `${NUMBER}@c.us`;
  for (const [typed, opened, person] of [
    [NUMBER_ID, [LID, NUMBER_ID], { phone_number: NUMBER, lid: LID }],
    [NUMBER_ID, [NUMBER_ID], { phone_number: NUMBER }],
    [LID, [LID, NUMBER_ID], { phone_number: NUMBER, lid: LID }],
    [LID, [LID], { lid: LID }],
  ] as const)
    it(`is ${JSON.stringify(person)} for ${typed} when the page opens a chat with ${opened}`, async () => {
      const page = pageWith({
        open: async () => opened,
        resolve: async (chatId) => ({ ...resolvedTo(chatId), isAsked: false }),
        send: async (_address, content, { stanzaId }) => madeOf(opened[0], content, stanzaId),
      });
      const { sender } = new FakeBrowser(page, UNREACHED);
      const answer = await sender.send({ chatId: typed, message: 'hello' });
      assert.deepEqual([answer.chatId, answer.person], [opened[0], person]);
    });
});
