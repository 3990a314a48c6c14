import assert from 'node:assert/strict';
import { type QrAnswer, qrAnswerSchema } from '../../../services/contract/bridge.ts';
import { SECRET_HEADER } from '../../../services/contract/internal.ts';
import { until } from '../../support/bridge/until.ts';
import { startWorld, type World } from '../../support/bridge/world.ts';

describe('bridge, its HTTP before and while a phone is linked', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.startBridge();
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('answers /health to anybody, with the port and the state of the session', async () => {
    const health = await world.health();
    assert.equal(health.status, 'ok');
    assert.equal(`http://127.0.0.1:${health.port}`, world.origin);
    assert.equal(health.whatsapp_ready, false);
    assert.equal(health.session, 'test');
  });

  it('refuses everything else without the secret of this boot', async () => {
    for (const headers of [{ [SECRET_HEADER]: '' }, { [SECRET_HEADER]: 'a guess' }]) {
      for (const path of ['/status', '/qr', '/chats', '/nowhere']) {
        const { status, body } = await world.call('GET', path, undefined, headers);
        assert.equal(status, 403, path);
        assert.match(JSON.stringify(body), /secret_missing/);
      }
      const { status } = await world.call('POST', '/send', { chatId: '15552220000', message: 'x' }, headers);
      assert.equal(status, 403);
    }
  });

  it('names each field of a body that is wrong, and refuses unknown ones', async () => {
    const { status, body } = await world.call('POST', '/send', { chatId: 1, text: 'x' });
    assert.equal(status, 400);
    assert.match(JSON.stringify(body), /body_invalid.*chatId.*message.*text/);
    const unreadable = await fetch(`${world.origin}/send`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SECRET_HEADER]: 'the-secret-of-this-boot' },
      body: '{"chatId"',
    });
    assert.equal(unreadable.status, 400);
    assert.match(await unreadable.text(), /body_invalid/);
  });

  it('answers 404 for a route that it does not have', async () => {
    const { status, body } = await world.call('GET', '/nowhere');
    assert.equal(status, 404);
    assert.match(JSON.stringify(body), /not_found/);
  });

  it('shows the QR code, and the next one when WhatsApp replaces it', async () => {
    await world.untilState('qr');
    const first = await qr(world);
    await world.misbehave('rotate');
    await until('another code', async () => (await qr(world)).qr !== first.qr);
  });

  it('refuses a send while no phone is linked', async () => {
    const { status, body } = await world.send('too early');
    assert.equal(status, 503);
    assert.match(JSON.stringify(body), /whatsapp_not_ready.*session is qr/);
  });

  it('shows the QR code anew after WhatsApp let it lapse', async () => {
    const lapsed = await qr(world);
    await world.misbehave('state', { state: 'UNPAIRED_IDLE' });
    await until('a fresh code', async () => (await qr(world)).qr !== lapsed.qr);
  });

  it('gives a pairing code instead of a QR code', async () => {
    const { status, body } = await world.call('POST', '/pairing-code', { phoneNumber: '15550001111' });
    assert.equal(status, 200, JSON.stringify(body));
    assert.match(JSON.stringify(body), /"code":"[A-Z0-9-]{8,9}"/);
    assert.equal((await world.status()).state, 'pairing');
    assert.equal((await world.call('GET', '/qr')).status, 409);
    assert.equal((await world.call('POST', '/pairing-code', { phoneNumber: '+1 555' })).status, 400);
  });

  it('is ready once the phone has linked, and says as whom', async () => {
    await world.phone('scan', {});
    const status = await world.untilState('ready');
    assert.equal(status.me?.id, '15550001111@c.us');
    assert.equal((await world.health()).whatsapp_ready, true);
    assert.equal((await world.call('GET', '/qr')).status, 409);
    assert.equal((await world.call('POST', '/pairing-code', { phoneNumber: '15550001111' })).status, 409);
  });

  it('has told the api of every state and code on the way', async () => {
    await world.told();
    const states = world.api.ofKind('state').map(({ data }) => data.state);
    const firstOfEach = [...new Set(states)];
    assert.deepEqual(firstOfEach, ['starting', 'qr', 'pairing', 'syncing', 'ready']);
    assert.ok(world.api.ofKind('qr').length >= 3);
  });
});

async function qr(world: World): Promise<QrAnswer> {
  return qrAnswerSchema.parse((await world.call('GET', '/qr')).body);
}
