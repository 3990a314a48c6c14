import assert from 'node:assert/strict';
import { OTHER_ACCOUNT } from '../../../../services/bridge/page/errors.ts';
import {
  FakeBrowser,
  foundOf,
  hang,
  madeOf,
  pageWith,
  type Sends,
} from '../../../support/bridge/fake-page.ts';
import { ModelWorld } from '../../../support/bridge/model-world.ts';
import { fails, kitMessages, newId, sent } from '../../../support/bridge/send-support.ts';
import { until } from '../../../support/until.ts';

const TO = '15552220000@c.us';
const ME = '15550001111@c.us';
const OTHER = '15550009999@c.us';
const BOTH = /15550009999@c\.us.*15550001111@c\.us/;
const RETRY = { since: Math.floor(Date.now() / 1000), known: [] };
const UNREACHED = { sendMs: 60_000, callMs: 60_000, ackWaitMs: 60_000 };

describe('bridge, a message of an account', () => {
  let world: ModelWorld;
  beforeEach(async () => {
    world = new ModelWorld();
    await world.untilReady();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('goes out while it is linked, and says whose chat it is in', async () => {
    const { person } = sent(await world.send('mine', TO, { account: ME }));
    assert.equal(person?.phone_number, '15552220000');
    const group = '120363000000000300@g.us';
    assert.equal(sent(await world.send('to all', group, { account: ME })).person, undefined);
  });

  it('is not sent, changed or looked for while another one is linked', async () => {
    const stanza_id = newId();
    const { messageId } = sent(await world.send('as it was', TO, { account: ME, stanza_id }));
    const refused = async (more: object) =>
      fails(await world.post({ chatId: TO, account: OTHER, ...more }), 409, 'account_changed', BOTH);
    await refused({ message: 'not mine' });
    for (const only_look of [true, false])
      await refused({ message: 'as it was', stanza_id: newId(), retry: { ...RETRY, only_look } });
    await refused({ message: 'as it was', stanza_id, retry: RETRY });
    for (const content of [
      { kind: 'reaction', target: messageId, emoji: '👍' },
      { kind: 'edit', target: messageId, text: 'changed' },
      { kind: 'delete', target: messageId },
    ])
      for (const retry of [undefined, RETRY]) await refused({ content, retry });
    assert.deepEqual(
      kitMessages(world).map(({ body, type, reactions = {} }) => [body, type, reactions]),
      [['as it was', 'chat', {}]],
    );
    sent(
      await world.post({ chatId: TO, account: ME, content: { kind: 'edit', target: messageId, text: 'x' } }),
    );
  });
});

describe('bridge, another account that is linked meanwhile', () => {
  /** A page of which the account changes. */
  function linkedTo(linked: { id: string }, sends: Partial<Sends> = {}): FakeBrowser {
    const check = (account: string | undefined) => {
      if (account === undefined || linked.id === '' || account === linked.id) return;
      throw new Error(`${OTHER_ACCOUNT}${JSON.stringify({ account, linked: linked.id })}`);
    };
    const page = pageWith({
      account: async (account) => {
        check(account);
        return linked.id === '' ? [] : [linked.id];
      },
      send: async (address, content, { stanzaId, account }) => {
        check(account);
        return madeOf(address, content, stanzaId);
      },
      ...sends,
    });
    return new FakeBrowser(page, UNREACHED);
  }
  const body = (account: string | undefined, stanza_id: string) => ({
    ...{ chatId: TO, message: 'hello', stanza_id },
    ...(account === undefined ? {} : { account }),
  });

  it('refuses a message between the check and the add, for certain: the next call need not look for it', async () => {
    const linked = { id: ME };
    const looks: string[] = [];
    const { sender } = linkedTo(linked, {
      open: async (address) => {
        linked.id = OTHER;
        return [address];
      },
      find: async (id) => {
        looks.push(id);
        return undefined;
      },
    });
    const id = newId();
    await assert.rejects(sender.send(body(ME, id)), { code: 'account_changed', message: /1111.*9999/ });
    linked.id = ME;
    assert.equal((await sender.send(body(ME, id))).messageId, `true_${TO}_${id}`);
    assert.deepEqual(looks, []);
  });

  it('makes a look worthless, whatever it has found', async () => {
    const linked = { id: ME };
    for (const isThere of [true, false]) {
      linked.id = ME;
      const { sender } = linkedTo(linked, {
        find: async (id, address) => {
          linked.id = OTHER;
          return isThere ? foundOf(madeOf(address, { kind: 'text', text: 'hello' }, id)) : undefined;
        },
      });
      for (const more of [
        { ...body(ME, newId()), retry: { ...RETRY, only_look: true } },
        { ...body(ME, newId()), retry: RETRY },
        { chatId: TO, account: ME, content: { kind: 'delete', target: `true_${TO}_X` } as const },
      ]) {
        linked.id = ME;
        await assert.rejects(sender.send(more), { code: 'account_changed' });
      }
    }
  });

  it('gets no answer that was kept of the one before, nor its acks', async () => {
    const linked = { id: ME };
    const browser = linkedTo(linked);
    const { sender } = browser;
    const id = newId();
    const first = await sender.send(body(ME, id));
    assert.deepEqual(await sender.send(body(ME, id)), first);
    sender.acks.record(id, 3);
    linked.id = OTHER;
    assert.deepEqual(await sender.send(body(ME, id)), { ...first, ack: 3 }, 'it was sent from this one');
    assert.deepEqual(await sender.send(body(undefined, id)), { ...first, ack: 3 }, 'it was sent');
    assert.equal((await sender.send(body(OTHER, id))).ack, 1);
    assert.equal(sender.acks.of(id), 1);
    await assert.rejects(sender.send(body(ME, id)), { code: 'account_changed' });
  });

  it('does not share the outcome of a call of the one before that is under way', async () => {
    const linked = { id: ME };
    const sending = Promise.withResolvers<void>();
    const accounts: unknown[] = [];
    const { sender } = linkedTo(linked, {
      send: async (address, content, { stanzaId, account }) => {
        accounts.push(account);
        if (account === ME) await sending.promise;
        return madeOf(address, content, stanzaId);
      },
    });
    const id = newId();
    const first = sender.send(body(ME, id));
    await until('the page to have it', () => accounts.length === 1);
    linked.id = OTHER;
    const second = sender.send(body(OTHER, id));
    sending.resolve();
    await Promise.all([first, second]);
    assert.deepEqual(accounts, [ME, OTHER]);
  });

  it('is asked for every number again', async () => {
    const linked = { id: ME };
    const asked: string[] = [];
    const { sender } = linkedTo(linked, {
      resolve: async (chatId) => {
        asked.push(linked.id);
        return { chatId, person: { phone_number: '15552220000' }, isAsked: true };
      },
    });
    for (const account of [ME, ME, OTHER, OTHER]) {
      linked.id = account;
      await sender.send(body(account, newId()));
    }
    assert.deepEqual(asked, [ME, OTHER]);
  });

  it('is not seen in a page that does not say its account: it sends, and keeps its answers by the account of the call', async () => {
    let count = 0;
    const { sender } = linkedTo(
      { id: '' },
      {
        send: async (address, content, { stanzaId }) => {
          count += 1;
          return madeOf(address, content, stanzaId);
        },
      },
    );
    const id = newId();
    for (const account of [ME, ME, OTHER]) await sender.send(body(account, id));
    assert.equal(count, 2);
  });

  it('holds up the message of a page that says nothing in time no longer than any other question', async () => {
    const browser = linkedTo({ id: ME }, { account: () => hang() });
    browser.limits.callMs = 20;
    await assert.rejects(browser.sender.send(body(ME, newId())), {
      code: 'send_failed',
      message: /the account took/,
    });
  });
});
