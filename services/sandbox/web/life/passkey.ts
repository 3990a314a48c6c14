import { call, note } from '../phone-connection.ts';
import { type Fields, isRecord, listOf, recordOf, textOf } from '../wire.ts';

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
let verificationCode: string | null = null;
/** JSON. An attempt that fails drops it. Source: `WAWebShortcakeLinkingRequestOptionsCache` (jigger@0fbd5e1a). */
let requestOptions: string | undefined;
let screen: HTMLElement | undefined;

/** Stays NotStarted until the browser has given an assertion: a page that waits for the user's passkey has begun nothing. */
export function getShortcakeLinkingStage(): string {
  return stage;
}

export function getVerificationCode(): string | null {
  return verificationCode;
}

export function getPairingType(): string {
  return pairingType;
}

export function setPairingType(type: string): void {
  pairingType = type;
}

/**
 * The phone has scanned a code, and the account asks for its passkey. The page shows a screen over the code; only a click
 * on its button asks the browser. State and stage stay what they were. Whether codes go on under the screen is unknown:
 * here they do.
 * Source: `WAWebShortcakeLinkingHandlePasskeyPrologueRequest`, `WAWebShortcakeLinkingBridgeApi` (jigger@0fbd5e1a).
 */
export function askForPasskey(command: Fields): void {
  pairingType = 'SHORTCAKE_PASSKEY';
  requestOptions = textOf(command, 'options');
  showScreen('shortcake_passkey_continue_button', startShortcakePasskeyPairing);
}

/** The user clicks on "Continue". Source: `WAWebShortcakeLinkingAction` (jigger@0fbd5e1a). */
export async function startShortcakePasskeyPairing(): Promise<void> {
  try {
    requestOptions ??= textOf(await call('passkeyOptions'), 'options');
    const assertion = await proveOwnership(requestOptions);
    stage = 'Initialized';
    await call('passkey', { assertion });
    // The phone's half may have come before the answer.
    if (getShortcakeLinkingStage() === 'Initialized') stage = 'WaitingForPrimaryIdentity';
  } catch (error) {
    note('passkey failed', error);
    requestOptions = undefined;
    cancelShortcakePasskeyPairing();
    throw error;
  }
}

export function cancelShortcakePasskeyPairing(): void {
  stage = 'NotStarted';
  verificationCode = null;
}

/**
 * The phone has given its half. The user compares the code with that of the phone, unless the two know each other from a
 * code that was scanned before. Source: `skipHandoffUx` in `WAWebShortcakePasskeyScreen.react` (jigger@0fbd5e1a).
 */
export async function compareCodes(command: Fields): Promise<void> {
  stage = 'WaitingForVerificationCodeConfirmation';
  verificationCode = textOf(command, 'code');
  showScreen('shortcake_code_confirm_button', confirmShortcakeVerificationCode);
  if (command.skips === true) await confirmShortcakeVerificationCode();
}

export async function confirmShortcakeVerificationCode(): Promise<void> {
  if (stage !== 'WaitingForVerificationCodeConfirmation') throw new Error(`no code to confirm: ${stage}`);
  stage = 'WaitingForPairingCompletion';
  await call('passkeyConfirmed');
}

/** The page is linked, or its user has cancelled. */
export function closeScreen(): void {
  screen?.remove();
  screen = undefined;
  pairingType = 'QR_CODE';
  cancelShortcakePasskeyPairing();
}

function showScreen(testId: string, act: () => Promise<void>): void {
  screen?.remove();
  const text = document.createElement('p');
  const proceed = document.createElement('button');
  proceed.textContent = 'Continue';
  proceed.dataset.testid = testId;
  proceed.addEventListener('click', () => {
    act().catch(() => {
      text.textContent = 'Something went wrong';
    });
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

/**
 * Asks the browser for an assertion, as JSON. The relying party is not the page's own host: whatsapp.com is the
 * registrable domain of web.whatsapp.com. The credential is known by its type only.
 * Source: `WAWebShortcakeLinkingPasskeyPrologue` (jigger@0fbd5e1a), R#560.
 */
async function proveOwnership(json: string): Promise<string> {
  const options = recordOf(JSON.parse(json));
  const { timeout } = options;
  const credential: unknown = await navigator.credentials.get({
    publicKey: {
      challenge: toBytes(textOf(options, 'challenge')),
      rpId: textOf(options, 'rpId'),
      userVerification: 'required',
      allowCredentials: listOf(options.allowCredentials).map((one) => ({
        type: 'public-key',
        id: toBytes(textOf(recordOf(one), 'id')),
      })),
      ...(typeof timeout === 'number' ? { timeout } : {}),
    },
  });
  if (!isRecord(credential) || credential.type !== 'public-key' || !isRecord(credential.response))
    throw new Error('WebAuthn ceremony returned no credential');
  const { response } = credential;
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response: {
      clientDataJSON: toText(response.clientDataJSON),
      authenticatorData: toText(response.authenticatorData),
      signature: toText(response.signature),
      userHandle: response.userHandle ? toText(response.userHandle) : null,
    },
  });
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

/** Takes an ArrayBuffer and nothing else, as `encodeB64UrlSafe` of `WABase64` (jigger@0fbd5e1a). */
function toText(bytes: unknown): string {
  if (!(bytes instanceof ArrayBuffer)) throw new Error('the credential holds no ArrayBuffer');
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
