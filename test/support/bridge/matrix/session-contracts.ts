import assert from 'node:assert/strict';
import { pageVersion } from '../../../../services/sandbox/web/settings.ts';
import { until } from '../../until.ts';
import { type Contract, live } from './contract.ts';
import { link } from './link.ts';

/** The login, and the page as a whole. */
export const SESSION_CONTRACTS: Readonly<Record<string, Contract>> = {
  offline_delivery: {
    phase: 'reload',
    /** Right after the page is ready again: it may still take in what waited. */
    async run(scene) {
      const { message } = await scene.send({ kind: 'text', text: scene.text });
      assert.equal(message.adds?.length, 1);
    },
  },
  storage: {
    phase: 'reload',
    async prepare(scene) {
      await scene.incoming();
    },
    async run(scene) {
      const { whatsapp_id } = await scene.incoming('after the load');
      const { messages } = scene.world.sandbox.phone.state;
      const before = [...messages.values()].find(({ body }) => body === 'to storage');
      const earlier = whatsapp_id.replace(/[^_]+$/, before?.key ?? 'none');
      assert.equal((await scene.world.call('GET', `/messages/${earlier}`)).status, 200);
    },
  },
  version: live(async (scene) => {
    assert.equal((await scene.report()).page_version, pageVersion(scene.settings));
  }),
  dialogs: live(async ({ world, settings }) => {
    await until(
      'no dialog lies over the page',
      () => world.sandbox.phone.pages.current?.isDialogOpen === false,
    );
    if (settings.onboarding) assert.ok(world.log.some((line) => /dialog/.test(line)));
  }),
  passkey: live(async ({ world }) => {
    // The page asks for none now: a link that needed one is through (`link.ts`).
    const { status, body } = await world.call('GET', '/passkey');
    assert.equal(status, 409);
    assert.match(JSON.stringify(body), /passkey_unavailable/);
  }),
  link: {
    phase: 'last',
    /** The page was linked before all other contracts (`link.ts`). */
    async run(scene) {
      const { world } = scene;
      await scene.ready();
      assert.equal(world.sandbox.phone.state.devices.size, 1);
      const { status, body } = await world.call('POST', '/logout');
      assert.equal(status, 200, JSON.stringify(body));
      await until('the phone has no device', () => world.sandbox.phone.state.devices.size === 0);
    },
  },
  logout_reason: {
    phase: 'last',
    /** After `link`, which has unlinked the phone. */
    async run({ world, settings }) {
      await link(world, settings);
      await world.misbehave('selfLogout', { reason: 'AccountLocked' });
      await until('the status says why', async () =>
        /account_locked/.test((await world.status()).reason ?? ''),
      );
    },
  },
};
