import { base64 } from '../objects/ids.ts';
import { note } from '../phone-connection.ts';
import { type Fields, textOf } from '../wire.ts';

/** Source: `WAWebShortcakeLinkingApi` (jigger@0fbd5e1a). */
export const ShortcakeLinkingStage = Object.freeze({
  NotStarted: 'NotStarted',
  Initialized: 'Initialized',
  WaitingForPrimaryIdentity: 'WaitingForPrimaryIdentity',
  WaitingForVerificationCodeConfirmation: 'WaitingForVerificationCodeConfirmation',
  WaitingForPairingCompletion: 'WaitingForPairingCompletion',
});

let stage: keyof typeof ShortcakeLinkingStage = 'NotStarted';
/** QR_CODE, ALT_DEVICE_LINKING or SHORTCAKE_PASSKEY. Source: `WAWebPairingType` (jigger@0fbd5e1a). */
let pairingType = 'QR_CODE';
let screen: HTMLElement | undefined;

/** Stays NotStarted until the browser has given an assertion: a page that waits for the user's passkey has begun nothing. */
export function getShortcakeLinkingStage(): string {
  return stage;
}

export function getPairingType(): string {
  return pairingType;
}

export function setPairingType(type: string): void {
  pairingType = type;
}

/**
 * The phone has scanned a code, and the account asks for its passkey. The page shows a screen over the code; only a click
 * on its button asks the browser. State and stage stay what they were.
 * Source: `WAWebShortcakeLinkingBridgeApi`, `WAWebShortcakePasskeyScreen.react` (jigger@0fbd5e1a).
 */
export function askForPasskey(command: Fields, onFailure: () => void): void {
  pairingType = 'SHORTCAKE_PASSKEY';
  screen?.remove();
  const challenge = textOf(command, 'challenge');
  const text = document.createElement('p');
  const proceed = document.createElement('button');
  proceed.textContent = 'Continue';
  proceed.addEventListener('click', async () => {
    proceed.disabled = true;
    try {
      await proveOwnership(challenge);
    } catch (error) {
      note('passkey failed', error);
      stage = 'NotStarted';
      text.textContent = 'Something went wrong';
      proceed.disabled = false;
      onFailure();
    }
  });
  const cancel = document.createElement('button');
  cancel.textContent = 'Cancel';
  cancel.dataset.testid = 'shortcake_cancel_button';
  cancel.addEventListener('click', closeScreen);
  screen = document.createElement('div');
  screen.dataset.testid = 'shortcake_passkey_screen';
  screen.append(text, proceed, cancel);
  document.body.append(screen);
}

function closeScreen(): void {
  screen?.remove();
  screen = undefined;
  pairingType = 'QR_CODE';
  stage = 'NotStarted';
}

/**
 * Asks the browser for an assertion, and passes it on. The relying party is not the page's own host: whatsapp.com is the
 * registrable domain of web.whatsapp.com. Source: `WAWebShortcakeLinkingPasskeyPrologue` (jigger@0fbd5e1a), R#560.
 */
async function proveOwnership(challenge: string): Promise<void> {
  const credential = await navigator.credentials.get({
    publicKey: {
      challenge: Uint8Array.from(challenge, (character) => character.charCodeAt(0)),
      rpId: 'whatsapp.com',
      userVerification: 'required',
    },
  });
  if (!(credential instanceof PublicKeyCredential))
    throw new Error('WebAuthn ceremony returned no credential');
  stage = 'Initialized';
  // The phone checks no assertion yet. Its answers will lead through the other stages, and end with `linked`.
  note('passkey', base64(new Uint8Array(credential.rawId)));
  stage = 'WaitingForPrimaryIdentity';
}
