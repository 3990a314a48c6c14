import assert from 'node:assert/strict';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const CONTINUE = `[...document.querySelectorAll('button')].find((button) => button.textContent === 'Continue')?.click()`;

const SCREEN = '[data-testid="shortcake_passkey_screen"]';

function inPage(witness: Witness, source: string): Promise<unknown> {
  return witness.client.pupPage?.evaluate(source) ?? Promise.reject(new Error('there is no page'));
}

async function isDialogOpen(world: World): Promise<boolean> {
  const response = await fetch(`${world.origin}/sandbox/api/state`);
  return recordOf(await response.json()).dialog_open === true;
}

describe('stand-in, with the dialog for new users', () => {
  it('keeps it over the page until it is acknowledged, once, and works on behind it', async () => {
    await using world = await World.open({ settings: { onboarding: true } });
    const witness = await world.startReadyClient();
    await until('it is open', () => isDialogOpen(world));
    assert.equal(await inPage(witness, `document.querySelectorAll('[role="dialog"]').length`), 1);
    await witness.client.sendMessage('15552220000@c.us', 'sent behind the dialog');
    await until('it is received', async () => (await world.received()).length === 1);
    await inPage(witness, CONTINUE);
    await until('it is closed', async () => !(await isDialogOpen(world)));
    await witness.close();
    const again = await world.startReadyClient();
    assert.equal(await inPage(again, `document.querySelectorAll('[role="dialog"]').length`), 0);
  });

  it('is unlinked at the reload after pairing, when nobody has acknowledged it', async () => {
    await using world = await World.open({ settings: { onboarding: true } });
    const witness = await world.startClient();
    await witness.next('qr');
    await world.control('misbehave', { kind: 'settings', pairReloadMs: 1_000 });
    await inPage(witness, 'window.isFirstLoad = true');
    await inPage(witness, 'setTimeout(() => location.reload())');
    await until('another load', async () => (await inPage(witness, 'window.isFirstLoad')) === undefined);
    await until('the new page is scanned', () => world.control('scan'));
    await until('it is open', () => isDialogOpen(world));
    await until('it is unlinked', () => world.running.phone.state.devices.size === 0);
  });
});

describe('stand-in, some minutes after it was linked', () => {
  it('reloads itself once, and stays linked', async () => {
    await using world = await World.open({ settings: { pairReloadMs: 500 } });
    const witness = await world.startClient();
    await witness.next('qr');
    await inPage(witness, 'window.isFirstLoad = true');
    await world.control('scan');
    await until('another load', async () => (await inPage(witness, 'window.isFirstLoad')) === undefined);
    await until('it is up', () => world.running.phone.pages.current?.isUp === true);
    assert.equal(world.running.phone.state.devices.size, 1);
  });
});

describe('stand-in, for an account with a passkey', () => {
  it('shows a screen instead of linking, and asks again when the browser gave no passkey', async () => {
    await using world = await World.open({ settings: { passkey: true, qrEveryMs: 0 } });
    const witness = await world.startClient();
    await witness.next('qr');
    await assert.rejects(world.control('scan'), /passkey/);
    const stage = `(() => {
      const stage = window.require('WAWebShortcakeLinkingApi').getShortcakeLinkingStage();
      return [
        window.require('WAWebAltDeviceLinkingApi').getPairingType(),
        window.require('WAWebSocketModel').Socket.state,
        stage,
        document.querySelectorAll('${SCREEN}').length,
      ];
    })()`;
    assert.deepEqual(await inPage(witness, stage), ['SHORTCAKE_PASSKEY', 'UNPAIRED', 'NotStarted', 1]);
    // A headless Chromium neither answers nor refuses: the promise stays as it is. This one refuses.
    await inPage(
      witness,
      `(() => {
        navigator.credentials.get = async (options) => {
          window.asked = options.publicKey.rpId;
          throw new DOMException('not allowed', 'NotAllowedError');
        };
      })()`,
    );
    await inPage(witness, CONTINUE);
    // The screen stays, and its button asks again. Source: `WAWebShortcakePasskeyScreen.react` (jigger@0fbd5e1a).
    await until('the screen says that it failed', async () => {
      const text = await inPage(witness, `document.querySelector('${SCREEN}').textContent`);
      return String(text).includes('Something went wrong');
    });
    assert.equal(await inPage(witness, 'window.asked'), 'whatsapp.com');
    await inPage(witness, 'window.asked = undefined');
    await inPage(witness, CONTINUE);
    await until(
      'the browser is asked again',
      async () => (await inPage(witness, 'window.asked')) !== undefined,
    );
    assert.deepEqual(await inPage(witness, stage), ['SHORTCAKE_PASSKEY', 'UNPAIRED', 'NotStarted', 1]);
    assert.equal(world.running.phone.state.devices.size, 0);
  });
});

describe('stand-in, for a browser that it does not support', () => {
  it('does not boot', async () => {
    await using world = await World.open({ settings: { unsupported: true } });
    const witness = await world.newClient();
    witness.client.initialize().catch(() => undefined);
    await until('it says so', async () =>
      String(await inPage(witness, 'document.body.textContent')).includes(
        'WhatsApp works with Google Chrome',
      ),
    );
    assert.equal(await inPage(witness, 'typeof window.require'), 'undefined');
  });
});
