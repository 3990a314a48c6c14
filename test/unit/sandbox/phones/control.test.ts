import assert from 'node:assert/strict';
import request from 'supertest';
import { A, B, PhonesWorld, sent, TO } from '../../../support/sandbox/phones-world.ts';
import { recordOf } from '../../../support/sandbox/sandbox-folder.ts';

describe('sandbox, control of several phones', () => {
  let world: PhonesWorld;

  beforeEach(async () => {
    world = await PhonesWorld.open();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('remembers the name of each phone, and which was linked last', async () => {
    await world.link(B, { pushname: 'Bea' });
    await world.link('+55 11 7777-6666');
    await world.link(B);
    await world.restart();
    const [state] = await world.rows('state');
    assert.deepEqual([state?.phone, state?.pushname, state?.account], [B, 'Bea', B]);
    assert.ok(Array.isArray(state?.phones));
    assert.deepEqual(
      state.phones.map(recordOf).map((row) => [row.phone, row.pushname, row.linked, row.current]),
      [
        [A, 'Sandbox Phone', false, false],
        [B, 'Bea', true, true],
        // Registered with the ninth digit.
        ['5511977776666', 'Sandbox Phone', true, false],
      ],
    );
  });

  it('unlinks the phone that is named, and the page of no other', async () => {
    const a = await world.link(A);
    const b = await world.link(B);
    await world.control('unlink', { phone: A });
    assert.deepEqual(
      [a, b].map(({ told }) => told.some(({ cmd }) => cmd === 'unlinked')),
      [true, false],
    );
    const [state] = await world.rows('state');
    assert.deepEqual([state?.account, state?.linked], [B, true]);
  });

  it('has a passkey for each account, also for a phone before its first scan', async () => {
    await world.control('passkey', { phone: B });
    assert.notEqual(world.phone.accounts.demand(B).state.passkey, undefined);
    assert.equal(world.phone.accounts.demand(A).state.passkey, undefined);
  });

  it('takes a pairing code on no other phone than the one that it was made for', async () => {
    const { page } = world.connect();
    page.pairingCode = '1234ABCD';
    page.pairingNumber = B;
    await assert.rejects(
      world.control('scan', { phone: A }),
      /409.*the pairing code is for the phone \+15557770000/,
    );
    assert.equal((await world.control('scan')).phone, B);
  });

  for (const [what, body] of [
    ['incoming', { from: TO, body: 'x', phone: '15559998888' }],
    ['unlink', { phone: '15559998888' }],
    ['misbehave', { kind: 'fromPhone', to: TO, body: 'x', phone: '15559998888' }],
  ] as const)
    it(`answers 404 to ${what} for a phone that has never scanned, and names those that have`, async () => {
      const { body: problem } = await request(world.origin)
        .post(`/sandbox/api/${what}`)
        .send(body)
        .expect(404);
      assert.match(String(recordOf(problem).detail), /no phone \+15559998888 .* \+15550001111/);
    });

  it('answers 400 to what is no number, and 404 to a message of another account', async () => {
    for (const path of ['messages', 'state', 'chats', 'chats/15552220000'])
      await request(world.origin).get(`/sandbox/api/${path}?phone=nobody`).expect(400);
    const a = await world.link(A);
    await world.link(B);
    world.phone.receive(sent('3EB0A'), a.page);
    await assert.rejects(
      world.control('misbehave', { kind: 'revoke', id: sent('3EB0A').id }),
      /404.*the phone \+15557770000 has no message/,
    );
  });
});
