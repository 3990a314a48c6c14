import { z } from 'zod';
import { parse } from './data.ts';
import { IS_PASSKEY_ASKED } from './life/passkey.ts';
import { meSchema, READ_ME } from './people/account.ts';

/** Where the page stands: its connection, whether it has synced, whether the library listens to it. */
export const READ_PAGE = `(() => {
  const ask = (name, answer) => {
    try {
      return answer(window.require(name));
    } catch {
      return undefined;
    }
  };
  try {
    const { Socket } = window.require('WAWebSocketModel');
    const { missing = [], isListening = false, isHearingCalls = false } = window.WWebJS?.gatehouse ?? {};
    return {
      state: Socket.state,
      stream: Socket.stream,
      hasSynced: Boolean(Socket.hasSynced),
      isRegistered:
        ask('WAWebUserPrefsMultiDevice', ({ isRegistered }) => Boolean(isRegistered())) ??
        ask('WAWebUserPrefsMeUser', ({ getMaybeMePnUser }) => Boolean(getMaybeMePnUser())),
      me: ${READ_ME},
      isInjected: typeof window.WWebJS !== 'undefined',
      isListening,
      isHearingCalls,
      missing,
      hasDialog: document.querySelector('[role="dialog"]') !== null,
      asksForPasskey: ${IS_PASSKEY_ASKED},
      version: window.Debug?.VERSION,
      userAgent: navigator.userAgent,
    };
  } catch {
    return null;
  }
})()`;

export type PageState = z.infer<typeof pageState>;

/** Where the page stands; undefined when it is not, or not yet, WhatsApp Web. */
export function readPageState(raw: unknown): PageState | undefined {
  return raw === null || raw === undefined ? undefined : parse(pageState, raw, 'state of the page');
}

/** Returns why the session cannot be ready with this page in a browser of this version; undefined when it can. */
export function obstacleIn(page: PageState, browserVersion: string): string | undefined {
  const { isListening, missing, version, userAgent } = page;
  if (!isListening) {
    const wait = missing.length === 0 ? '' : `: WhatsApp Web has not loaded ${missing.join(', ')}`;
    return `the listeners of whatsapp-web.js are not attached${wait}`;
  }
  if (!version) return 'the page does not tell its version';
  return agentFault(userAgent, browserVersion);
}

/**
 * Says why the page has no connection to WhatsApp, or nothing. The connection's state stays CONNECTED for a while after a
 * drop: then only the stream is DISCONNECTED. The page sets the stream to no value but DISCONNECTED and CONNECTED, so
 * any other is no sign of a drop. Source: `WAWebSocketModel`, `WAWebSocketConstants` (jigger@0fbd5e1a).
 */
export function connectionFault({ state, stream }: PageState): string | undefined {
  if (state !== 'CONNECTED') return `the connection to WhatsApp is down (${state ?? 'no state'})`;
  return stream === 'DISCONNECTED' ? 'the connection to WhatsApp is down' : undefined;
}

/**
 * Whether a phone has linked the page, which had shown a code. The state says less: each plain reconnect passes through
 * OPENING and PAIRING. Source: `WAWebCommsConfigBase`, `WAWebUserPrefsMultiDevice` isRegistered (jigger@0fbd5e1a).
 */
export function isLinked({ state, isRegistered }: PageState): boolean {
  return isRegistered === true || state === 'CONNECTED';
}

/** Says why a page must not see this user agent in a browser of this version (`Chrome/150.0.7871.100`), or nothing. */
export function agentFault(userAgent: string, browserVersion: string): string | undefined {
  const expected = /Chrome\/(\d+)/.exec(browserVersion)?.[1];
  const isRight = !/headless/i.test(userAgent) && /Chrome\/(\d+)/.exec(userAgent)?.[1] === expected;
  return isRight
    ? undefined
    : `the page sees the user agent "${userAgent}", but the browser is ${browserVersion}`;
}

const pageState = z.object({
  state: z.string().nullish(),
  /** Of the connection: DISCONNECTED, CONNECTED, and by name SYNCING and RESUMING. */
  stream: z.string().nullish(),
  hasSynced: z.boolean(),
  /** A phone has linked this page; undefined where the page does not tell. */
  isRegistered: z.boolean().nullish(),
  /** The account that is linked, as far as the page knows. */
  me: meSchema.optional().catch(undefined),
  /** The library has loaded its functions into the page. */
  isInjected: z.boolean(),
  /** Every listener of the library is attached. */
  isListening: z.boolean(),
  /** The bridge's listener of calls is attached. */
  isHearingCalls: z.boolean(),
  /** Modules that are missing for that. */
  missing: z.array(z.string()),
  /** A dialog lies over the page. */
  hasDialog: z.boolean(),
  /** A link waits for the user's passkey. */
  asksForPasskey: z.boolean(),
  /** Of WhatsApp Web. */
  version: z.string().nullish(),
  userAgent: z.string(),
});
