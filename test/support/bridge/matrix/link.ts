import assert from 'node:assert/strict';
import { assertionOf } from '../../../../operate/rehearse/start/sandbox-passkey.ts';
import { passkeyAnswerSchema } from '../../../../services/contract/passkey.ts';
import type { Settings } from '../../../../services/sandbox/web/settings.ts';
import { until } from '../../until.ts';
import type { World } from '../world.ts';

/** A reload that comes later than this is not waited for. */
const SOON_MS = 60_000;

/** Links the phone to the bridge, as its owner does; resolves when the session is ready. */
export async function link(world: World, settings: Settings): Promise<void> {
  if (settings.passkey) await linkWithPasskey(world, settings);
  else await scan(world);
  if (settings.pairReloadMs >= 0 && settings.pairReloadMs < SOON_MS) {
    const { pages } = world.sandbox.phone;
    const first = pages.current;
    await until('the page loads itself anew', () => pages.current !== undefined && pages.current !== first);
  }
  await world.untilState('ready');
}

/** Until a scan takes: a code may lapse before. */
export async function scan(world: World): Promise<void> {
  await until('a code is scanned', () => world.phone('scan', {}));
}

async function linkWithPasskey(world: World, { passkeyCode }: Settings): Promise<void> {
  const { phone } = world.sandbox;
  const passkey = phone.links.passkeys.create(phone.account);
  // Once: each further scan makes another challenge, and voids the one before.
  await until('a code is scanned', () =>
    world.phone('scan', {}).then(
      () => false,
      (error: unknown) => /asks for a passkey/.test(String(error)),
    ),
  );
  await world.untilState('passkey');
  const ask = async () => passkeyAnswerSchema.parse((await world.call('GET', '/passkey')).body);
  const { id, request } = await until('a challenge', async () => (await ask()).challenge);
  const credential = assertionOf(passkey, request);
  const { status, body } = await world.call('POST', '/passkey', { challenge_id: id, credential });
  assert.equal(status, 200, JSON.stringify(body));
  if (!passkeyCode) return;
  const code = await until('the code', async () => (await ask()).verification_code);
  assert.equal(code, phone.links.passkeyCode);
  const confirmed = await world.call('POST', '/passkey/confirm', { verification_code: code });
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body));
}
