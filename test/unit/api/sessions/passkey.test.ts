import assert from 'node:assert/strict';
import request from 'supertest';
import { answerJson, fromGate, startWorld } from '../../../support/api/world.ts';
import { assertion, CHALLENGE } from '../../../support/passkey.ts';

const KEY = 'k9f86d081884c7d659a2feaa';
const TAB = 'https://web.whatsapp.com';
const PATH = '/api/whatsapp/passkey';

const challengeFor = (ms: number) =>
  answerJson(200, {
    stage: 'NotStarted',
    challenge: {
      id: 'the-challenge',
      expires_at: new Date(Date.now() + ms).toISOString(),
      request: { challenge: CHALLENGE, rpId: 'whatsapp.com' },
    },
  });

describe('api, a link with a passkey', () => {
  const startKeyed = (ms = 600_000) => startWorld(challengeFor(ms), { apiKeys: [KEY] });
  type World = Awaited<ReturnType<typeof startKeyed>>;
  const read = (world: World) => request(world.origin).get(PATH).set(fromGate).set({ 'x-api-key': KEY });
  const answer = (world: World, token: string, credential: object = assertion()) =>
    request(world.origin).post(PATH).set(fromGate).send({ token, credential });
  const answersAsked = (world: World) => world.asked.filter((line) => line.startsWith('POST /passkey '));

  it('gives a challenge, a token and a snippet to a holder of a key only', async () => {
    await using world = await startKeyed();
    await request(world.origin).get(PATH).set(fromGate).expect(401);
    await request(world.origin)
      .post(`${PATH}/confirm`)
      .set(fromGate)
      .send({ verification_code: '1' })
      .expect(401);
    const { body } = await read(world).set({
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'kit.example',
    });
    assert.equal(body.answer_to, 'https://kit.example/api/whatsapp/passkey');
    assert.equal(body.is_proven, false);
    for (const part of [body.token, CHALLENGE, body.answer_to]) assert.ok(body.snippet.includes(part));
  });

  it('takes an assertion with a token once, without a key, and logs neither', async () => {
    await using world = await startKeyed();
    const { token } = (await read(world)).body;
    assert.equal((await answer(world, token)).status, 200);
    const again = await answer(world, token);
    assert.deepEqual([again.status, again.body.code], [422, 'passkey_refused']);
    assert.equal((await answer(world, `${token}x`)).status, 422);
    const [asked, ...more] = answersAsked(world);
    assert.deepEqual(JSON.parse(asked?.slice('POST /passkey '.length) ?? ''), {
      challenge_id: 'the-challenge',
      credential: assertion(),
    });
    assert.deepEqual(more, []);
    assert.ok(!world.logged.join('').includes(token));
  });

  it('takes the token of a snippet also after a client has polled the state many times', async () => {
    await using world = await startKeyed();
    const { token } = (await read(world)).body;
    for (let poll = 0; poll < 50; poll += 1) assert.equal((await read(world)).body.token, token);
    assert.equal((await answer(world, token)).status, 200);
    assert.notEqual((await read(world)).body.token, token);
  });

  it('takes one of two answers that come at once', async () => {
    await using world = await startKeyed();
    const { token } = (await read(world)).body;
    const both = await Promise.all([answer(world, token), answer(world, token)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 422]);
    assert.equal(answersAsked(world).length, 1);
  });

  it('has a token of 256 bits, in no address, and an answer that no cache keeps', async () => {
    await using world = await startKeyed();
    const { body, headers } = await read(world);
    assert.equal(Buffer.from(body.token, 'base64url').length, 32);
    assert.ok(!body.answer_to.includes(body.token));
    assert.equal(headers['cache-control'], 'no-store');
  });

  it('takes no token after the challenge has expired', async () => {
    await using world = await startKeyed(-1);
    assert.equal((await answer(world, (await read(world)).body.token)).status, 422);
    assert.deepEqual(answersAsked(world), []);
  });

  it('lets the bridge see nothing that is too large or no assertion, and keeps the token', async () => {
    await using world = await startKeyed();
    const { token } = (await read(world)).body;
    const { response, ...rest } = assertion();
    const changed = (part: object) => ({ ...rest, response: { ...response, ...part } });
    assert.equal((await answer(world, token, changed({ signature: 'a+/=' }))).status, 400);
    assert.equal((await answer(world, token, changed({ clientDataJSON: 'a'.repeat(5_000) }))).status, 400);
    assert.equal((await answer(world, token, changed({ signature: 'a'.repeat(20_000) }))).status, 413);
    assert.equal((await answer(world, token, { ...rest, type: 'password' })).status, 400);
    assert.deepEqual(answersAsked(world), []);
    assert.equal((await answer(world, token)).status, 200);
  });

  it('lets a tab at WhatsApp’s origin read the answer of this route, and no other page or route', async () => {
    await using world = await startKeyed();
    const preflight = (path: string, origin: string) =>
      request(world.origin)
        .options(path)
        .set(fromGate)
        .set({ origin, 'access-control-request-method': 'POST' });
    const allowed = await preflight(PATH, TAB);
    assert.deepEqual([allowed.status, allowed.headers['access-control-allow-origin']], [204, TAB]);
    assert.equal(allowed.headers['access-control-allow-credentials'], undefined);
    for (const origin of ['http://web.whatsapp.com', 'https://web.whatsapp.com.evil.example', 'null'])
      assert.equal((await preflight(PATH, origin)).headers['access-control-allow-origin'], undefined, origin);
    for (const path of [`${PATH}/confirm`, '/api/whatsapp/status'])
      assert.equal((await preflight(path, TAB)).headers['access-control-allow-origin'], undefined, path);
    const refused = await answer(world, 'wrong').set({ origin: TAB });
    assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [422, TAB]);
  });
});
