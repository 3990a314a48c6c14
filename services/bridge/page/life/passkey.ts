import {
  PASSKEY_RELYING_PARTY,
  type PasskeyAnswer,
  type PasskeyCredential,
  passkeyAnswerSchema,
} from '../../../contract/passkey.ts';
import { parse } from '../data.ts';

/** The longest that a challenge waits, and how long one waits that names no time. Source: timeout 600000 in Baileys#2689. */
const MOST_WAIT_MS = 600_000;
/** How long the page may take to ask, or to pass an assertion on. A page that hangs is asked again. */
const MOST_START_MS = 60_000;

/**
 * Holds the page's call for the user's passkey until the kit has an assertion, as source text for every new document.
 * Only a call for the login of WhatsApp in a page that no phone has linked is held; all others go to the browser. The
 * browser of the kit has no passkey and would refuse the call. Unproven on the real page.
 * Source: `WAWebShortcakeLinkingPasskeyPrologue`, `WAWebShortcakeLinkingAction` (jigger@0fbd5e1a).
 */
export const HOLD_PASSKEY_CALL = `(() => {
  const { credentials } = navigator;
  if (window.top !== window || !credentials) return;
  const askBrowser = credentials.get.bind(credentials);
  const ask = (name, answer) => {
    try {
      return answer(window.require(name));
    } catch {
      return undefined;
    }
  };
  const toText = (bytes) => {
    const view = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
    return btoa(String.fromCharCode(...view)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  };
  const toBytes = (text) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0)).buffer;
  const requestOf = ({ challenge, rpId, timeout, userVerification, allowCredentials, extensions }) => ({
    challenge: toText(challenge),
    rpId,
    timeout,
    userVerification,
    allowCredentials: allowCredentials?.map(({ type, id, transports }) => ({ type, id: toText(id), transports: transports && [...transports] })),
    extensions: extensions && Object.fromEntries(Object.entries(extensions).filter(([, value]) => typeof value === 'boolean')),
  });
  const withValues = (owner, values) => {
    const object = Object.create(owner?.prototype ?? Object.prototype);
    for (const [name, value] of Object.entries(values)) Object.defineProperty(object, name, { value, enumerable: true });
    return object;
  };
  const credentialOf = (json) => withValues(window.PublicKeyCredential, {
    id: json.id,
    rawId: toBytes(json.rawId),
    type: json.type,
    authenticatorAttachment: json.authenticatorAttachment ?? null,
    response: withValues(window.AuthenticatorAssertionResponse, {
      clientDataJSON: toBytes(json.response.clientDataJSON),
      authenticatorData: toBytes(json.response.authenticatorData),
      signature: toBytes(json.response.signature),
      userHandle: json.response.userHandle ? toBytes(json.response.userHandle) : null,
    }),
    getClientExtensionResults: () => ({}),
    toJSON: () => ({ ...json, clientExtensionResults: {} }),
  });

  let held;
  let attempt;
  let progressAt = 0;
  let isPassedOn = false;
  let lastError;
  const textOf = (error) => (error?.message || String(error)).slice(0, 300);
  const stage = () => ask('WAWebShortcakeLinkingApi', (api) => String(api.getShortcakeLinkingStage())) ?? 'NotStarted';

  const hold = (options) => new Promise((resolve, reject) => {
    const { publicKey, signal } = options;
    const waitMs = publicKey.timeout > 0 ? Math.min(publicKey.timeout, ${MOST_WAIT_MS}) : ${MOST_WAIT_MS};
    const entry = { id: crypto.randomUUID(), request: requestOf(publicKey), expires_at: new Date(Date.now() + waitMs).toISOString() };
    const end = (settle, value) => {
      clearTimeout(entry.timer);
      signal?.removeEventListener('abort', entry.abort);
      if (held === entry) held = undefined;
      progressAt = Date.now();
      settle(value);
    };
    entry.answer = (credential) => end(resolve, credential);
    entry.refuse = (error) => end(reject, error);
    entry.abort = () => entry.refuse(signal.reason);
    entry.timer = setTimeout(() => entry.refuse(new DOMException('nobody has answered for the passkey in time', 'NotAllowedError')), waitMs);
    held?.refuse(new DOMException('the page has asked again', 'AbortError'));
    held = entry;
    if (signal?.aborted) entry.abort();
    else signal?.addEventListener('abort', entry.abort);
  });
  const isLinked = () => ask('WAWebUserPrefsMultiDevice', ({ isRegistered }) => Boolean(isRegistered())) ?? false;
  credentials.get = async (options) => {
    const isForLogin = options?.publicKey?.rpId === '${PASSKEY_RELYING_PARTY}' && !isLinked();
    return isForLogin ? hold(options) : askBrowser(options);
  };

  const desk = {
    isAsked: () =>
      held !== undefined ||
      stage() !== 'NotStarted' ||
      ask('WAWebAltDeviceLinkingApi', ({ getPairingType }) => getPairingType()) === 'SHORTCAKE_PASSKEY',
    read: () => ({
      stage: stage(),
      challenge: held && { id: held.id, expires_at: held.expires_at, request: held.request },
      verification_code: ask('WAWebShortcakeLinkingApi', ({ getVerificationCode }) => getVerificationCode()) ?? undefined,
      last_error: lastError,
    }),
    start() {
      if (held !== undefined || stage() !== 'NotStarted') return;
      if (attempt !== undefined && Date.now() - progressAt < ${MOST_START_MS}) return;
      if (attempt !== undefined) lastError = 'the page did not ask for the passkey in time';
      else if (isPassedOn) lastError = 'the phone did not complete the link in time';
      isPassedOn = false;
      progressAt = Date.now();
      const mine = (attempt = {});
      const begun = ask('WAWebShortcakeLinkingAction', (action) => action.startShortcakePasskeyPairing());
      const outcome = begun ?? Promise.reject(new Error('the page has no WAWebShortcakeLinkingAction.startShortcakePasskeyPairing'));
      outcome
        .then(() => undefined, textOf)
        .then((error) => {
          if (attempt !== mine) return;
          attempt = undefined;
          lastError = error;
          isPassedOn = error === undefined;
        });
    },
    answer(id, json) {
      if (held?.id !== id) return false;
      held.answer(credentialOf(json));
      return true;
    },
    confirm: () => window.require('WAWebShortcakeLinkingAction').confirmShortcakeVerificationCode(),
  };
  Object.defineProperty(window, Symbol.for('gatehouse.passkey'), { value: desk });
})()`;

const DESK = "window[Symbol.for('gatehouse.passkey')]";

/** Whether the page asks for the user's passkey, as part of a look at it. */
export const IS_PASSKEY_ASKED = `Boolean(${DESK}?.isAsked())`;

/** Asks the page for a challenge: its user would click on "Continue". Does nothing while one waits or is answered. */
export const START_PASSKEY = `void ${DESK}.start()`;

export const READ_PASSKEY = `${DESK}.read()`;

export function readPasskey(raw: unknown): PasskeyAnswer {
  return parse(passkeyAnswerSchema, raw, 'passkey of the page');
}

/** Ends the held call of this challenge with the assertion; false when no call of it is held. */
export function answerPasskey(challengeId: string, credential: PasskeyCredential): string {
  return `${DESK}.answer(${JSON.stringify(challengeId)}, ${JSON.stringify(credential)})`;
}

/** As the user would, who has compared the code of the page with that of the phone. */
export const CONFIRM_PASSKEY = `${DESK}.confirm()`;
