import assert from 'node:assert/strict';
import { findShown, readHistory } from '../../../../services/sandbox/phone/history.ts';
import {
  A,
  acksOf,
  B,
  bodiesOf,
  GROUP,
  incomingOf,
  PhonesWorld,
  sent,
  TO,
} from '../../../support/sandbox/phones-world.ts';
import { recordOf } from '../../../support/sandbox/sandbox-folder.ts';
import { until } from '../../../support/until.ts';

describe('sandbox, accounts of several phones', () => {
  let world: PhonesWorld;

  beforeEach(async () => {
    world = await PhonesWorld.open();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  /** What people wrote, in the history that a page gets. */
  const historyOf = (number: string) => {
    const { messages } = readHistory(world.phone.accounts.demand(number), { count: 99, chat_id: TO });
    return bodiesOf(messages.filter(({ type }) => type === 'chat'));
  };

  it('takes a message for the account of the page that sent it, though another phone has scanned since', async () => {
    const a = await world.link(A);
    const b = await world.link(B);
    world.phone.receive(sent('3EB0A'), a.page);
    world.phone.receive(sent('3EB0B'), b.page);
    await until('both are answered', () => acksOf(a).length + acksOf(b).length === 2);
    assert.deepEqual(acksOf(a), [[[sent('3EB0A').id, 1]]]);
    assert.deepEqual(acksOf(b), [[[sent('3EB0B').id, 1]]]);
    const all = await world.rows('messages?phone=*');
    assert.deepEqual(
      all.map(({ phone: number, body }) => [number, body]),
      [
        [A, '3EB0A'],
        [B, '3EB0B'],
      ],
    );
    assert.deepEqual(bodiesOf(await world.rows(`messages?phone=${A}`)), ['3EB0A']);
    assert.deepEqual(bodiesOf(await world.rows('messages')), ['3EB0B']);
    assert.deepEqual(
      bodiesOf(await world.rows('messages?phone=%2B1%20(555)%20000-1111&chat_id=15552220000')),
      ['3EB0A'],
    );
  });

  it('keeps one id of two accounts apart: acks, edits, refusals and duplicates', async () => {
    const a = await world.link(A);
    const b = await world.link(B);
    const { id } = sent('3EB0SAME');
    for (const { page } of [a, b]) assert.equal(world.phone.receive(sent('3EB0SAME'), page), 'received');
    await until('both are answered', () => acksOf(a).length + acksOf(b).length === 2);
    await world.control('misbehave', { kind: 'ack', phone: A, id, ack: 3 });
    await world.control('misbehave', { kind: 'edit', phone: B, id, body: 'changed' });
    await world.control('misbehave', { kind: 'policy', deliversDuplicates: true });
    world.phone.receive({ ...sent('3EB0SAME'), add: 'again' }, a.page);
    await world.control('misbehave', { kind: 'policy', mode: 'fail-result' });
    assert.equal(world.phone.receive(sent('3EB0NEVER'), b.page), 'refused');
    const check = async () => {
      const rows = await world.rows('messages?phone=*');
      assert.deepEqual(
        rows.map((row) => [row.phone, row.ack, row.body, row.adds, row.deliveries]),
        [
          [A, 3, '3EB0SAME', 2, 2],
          [B, 1, 'changed', 1, 1],
        ],
      );
      const [state] = await world.rows('state');
      const phones = state?.phones;
      assert.ok(Array.isArray(phones));
      assert.deepEqual(
        phones.map(recordOf).map((row) => [row.phone, row.duplicates, row.refused]),
        [
          [A, 1, []],
          [B, 0, [sent('3EB0NEVER').id]],
        ],
      );
    };
    await check();
    assert.ok(a.told.every(({ cmd }) => cmd !== 'edit'));
    await world.restart();
    await check();
  });

  it('shows a page the messages of its own account, and no other', async () => {
    const a = await world.link(A);
    const b = await world.link(B);
    await world.control('incoming', { phone: A, from: TO, body: 'for A' });
    await world.control('incoming', { from: TO, body: 'for B' });
    assert.deepEqual([bodiesOf(incomingOf(a)), bodiesOf(incomingOf(b))], [['for A'], ['for B']]);
    assert.deepEqual(bodiesOf(await world.rows(`chats/${TO}?phone=${A}`)), ['for A']);
    assert.deepEqual(bodiesOf(await world.rows(`chats/${TO}`)), ['for B']);
    const { id } = recordOf(incomingOf(a)[0]);
    assert.deepEqual(findShown(world.phone.accounts.demand(B), [String(id)]), []);
  });

  it('keeps what comes for an account without a page until that account is linked', async () => {
    const a = await world.link(A);
    await world.control('unlink');
    const b = await world.link(B);
    await world.control('incoming', { phone: A, from: TO, body: 'waited' });
    assert.deepEqual([incomingOf(a), incomingOf(b)], [[], []]);
    const [state] = await world.rows(`state?phone=${A}`);
    assert.deepEqual([state?.waiting, state?.linked, state?.account], [1, false, A]);
    assert.deepEqual(historyOf(A), []);
    await world.restart();
    assert.equal(world.phone.accounts.demand(A).delivery.waitingCount, 1);
    assert.equal(world.phone.accounts.demand(B).delivery.waitingCount, 0);
    await world.link(A);
    // A new device gets it as history, as everything that was said before it was linked.
    assert.deepEqual([historyOf(A), historyOf(B)], [['waited'], []]);
  });

  it('delivers what waited as new to the page of its account that loads again', async () => {
    const a = await world.link(A);
    await world.link(B);
    world.phone.pages.disconnect(a.page);
    await world.control('incoming', { phone: A, from: TO, body: 'waited' });
    const again = world.connect();
    world.phone.greet(again.page, a.page.deviceId);
    world.phone.welcome(again.page);
    assert.deepEqual(bodiesOf(incomingOf(again)), ['waited']);
  });

  it('gives a message in a group one id in every account that is in the group', async () => {
    const a = await world.link(A);
    const b = await world.link(B);
    const said = { from: GROUP, author: TO, key: '3EB0G', body: 'hello all' };
    const { id } = await world.control('incoming', { ...said, phone: A });
    assert.equal(id, `false_${GROUP}_3EB0G_${TO}`);
    // B is not in the group until it hears something there.
    assert.deepEqual(incomingOf(b), []);
    await world.control('incoming', { ...said, phone: B });
    await world.control('incoming', { ...said, key: '3EB0H', body: 'both hear' });
    assert.deepEqual(bodiesOf(incomingOf(a)), ['hello all', 'both hear']);
    assert.deepEqual(bodiesOf(incomingOf(b)), ['hello all', 'both hear']);
    world.phone.receive({ ...sent('3EB0I', GROUP), id: `true_${GROUP}_3EB0I_${A}@c.us` }, a.page);
    assert.equal(recordOf(incomingOf(b).at(-1)).id, `false_${GROUP}_3EB0I_${A}@c.us`);
    assert.equal(incomingOf(a).length, 2);
  });

  it('brings to one phone what another writes to its number', async () => {
    const a = await world.link(A);
    const b = await world.link(B, { pushname: 'Bea' });
    world.phone.receive(sent('3EB0X', `${A}@c.us`), b.page);
    const [heard, ...others] = incomingOf(a).map(recordOf);
    const { id, name, body, from_me } = recordOf(heard);
    assert.deepEqual([id, name, body, from_me], [`false_${B}@c.us_3EB0X`, 'Bea', '3EB0X', false]);
    assert.deepEqual([others, incomingOf(b)], [[], []]);
  });

  it('knows the chat of each account with itself', async () => {
    const a = await world.link(A);
    await world.link(B);
    world.phone.receive({ ...sent('3EB0O', `${A}@c.us`), id: `true_${A}@c.us_3EB0O_out` }, a.page);
    const ackAt = (number: string) =>
      world.phone.accounts.demand(number).state.messages.get(`true_${A}@c.us_3EB0O_out`)?.ack;
    await until('read', () => ackAt(A) === 3);
    assert.equal(ackAt(B), undefined);
  });
});
