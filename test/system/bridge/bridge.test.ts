import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type QrAnswer, qrAnswerSchema } from '../../../services/contract/bridge.ts';
import { SECRET_HEADER } from '../../../services/contract/internal.ts';
import { STEADY } from '../../support/bridge/limits.ts';
import { startWorld, type World } from '../../support/bridge/world.ts';
import { until } from '../../support/until.ts';

const ALICE = '15553330000@c.us';

// One bridge through one life of a login: each test goes on where the one before it ended.
describe('bridge', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.startBridge({ limits: STEADY });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  describe('its HTTP before and while a phone is linked', () => {
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
        const { status } = await world.call(
          'POST',
          '/send',
          { chatId: '15552220000', message: 'x' },
          headers,
        );
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

    it('shows another QR code after WhatsApp let one lapse', async () => {
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

  describe('telling the api what happens', () => {
    it('posts an incoming message', async () => {
      await world.phone('incoming', { from: ALICE, body: 'hi there', name: 'Alice' });
      const [event] = await until(
        'the message',
        () => world.api.ofKind('message').length > 0 && world.api.ofKind('message'),
      );
      assert.equal(event?.session, 'test');
      assert.equal(event?.data.body, 'hi there');
      assert.equal(event?.data.chat_id, ALICE);
      assert.equal(event?.data.from_me, false);
      assert.equal(event?.whatsapp_id, event?.data.id);
    });

    it('posts in order what came while the api was away', async () => {
      await world.api.goDown();
      const texts = Array.from({ length: 20 }, (_, number) => `while away ${number}`);
      for (const body of texts) await world.phone('incoming', { from: ALICE, body });
      await until('events that wait', async () => (await world.status()).events_waiting >= 20);
      await world.api.goUp();
      const bodies = () => world.api.ofKind('message').map(({ data }) => data.body);
      await until('all of them', () => bodies().length >= 21);
      assert.deepEqual(bodies().slice(1), texts);
      assert.equal(new Set(world.api.events.map(({ key }) => key)).size, world.api.events.length);
    });

    it('posts edits, reactions, calls and what is typed on the phone', async () => {
      const id = world.api.ofKind('message')[0]?.whatsapp_id;
      await world.misbehave('edit', { id, body: 'hi there, edited' });
      await world.misbehave('reaction', { id, text: '👍', from: ALICE });
      await world.misbehave('call', { from: ALICE });
      await world.misbehave('fromPhone', { to: ALICE, body: 'typed on the phone' });
      await until('the edit', () =>
        world.api.ofKind('edited').some(({ data }) => data.body === 'hi there, edited'),
      );
      await until('the reaction', () =>
        world.api.ofKind('reaction').some(({ data }) => data.reaction === '👍'),
      );
      await until('the call', () => world.api.ofKind('call').some(({ data }) => data.from === ALICE));
      await until('the own message', () =>
        world.api.ofKind('message_sent').some(({ data }) => data.body === 'typed on the phone'),
      );
      await world.misbehave('revoke', { id });
      await until('the revocation', () =>
        world.api.ofKind('revoked').some((event) => event.whatsapp_id === id),
      );
    });
  });

  describe('when the login ends', () => {
    it('closes the browser on disconnect and keeps the login', async () => {
      const { status, body } = await world.call('POST', '/disconnect');
      assert.equal(status, 200);
      assert.match(JSON.stringify(body), /"state":"stopped"/);
      assert.deepEqual(world.processes(), []);
      assert.equal((await world.send('while stopped')).status, 503);
      const codes = world.api.ofKind('qr').length;
      await world.call('POST', '/connect');
      await world.untilState('ready');
      await world.told();
      assert.equal(world.api.ofKind('qr').length, codes);
    });

    it('shows a new QR code after the phone unlinked it, and keeps the old profile in quarantine', async () => {
      await world.phone('unlink', {});
      await world.untilState('qr');
      assert.equal(quarantined(world).length, 1);
      assert.ok(existsSync(join(world.sessionsDir, 'quarantine', quarantined(world)[0] ?? '', 'Default')));
      await world.told();
      assert.ok(
        world.api.ofKind('state').some(({ data }) => data.reason === 'the phone unlinked this device'),
      );
      await world.phone('scan', {});
      await world.untilState('ready');
      assert.equal((await world.send('linked again')).status, 200);
    });

    it('unlinks the phone on logout, and keeps the old profile in quarantine', async () => {
      const { status } = await world.call('POST', '/logout');
      assert.equal(status, 200);
      await world.untilState('qr');
      assert.equal(world.sandbox.phone.state.devices.size, 0);
      assert.equal(quarantined(world).length, 2);
      assert.equal(world.browsers().length, 1);
    });
  });
});

async function qr(world: World): Promise<QrAnswer> {
  return qrAnswerSchema.parse((await world.call('GET', '/qr')).body);
}

function quarantined(world: World): string[] {
  return readdirSync(join(world.sessionsDir, 'quarantine'));
}
