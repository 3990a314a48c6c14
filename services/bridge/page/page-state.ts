import { z } from 'zod';
import { parse } from './data.ts';

/** Where the page stands: its connection, whether it has synced, whether the library listens to it. */
export const READ_PAGE = `(() => {
  try {
    const { Socket } = window.require('WAWebSocketModel');
    const { missing = [], isListening = false } = window.WWebJS?.gatehouse ?? {};
    return {
      state: Socket.state,
      hasSynced: Boolean(Socket.hasSynced),
      isInjected: typeof window.WWebJS !== 'undefined',
      isListening,
      missing,
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
  hasSynced: z.boolean(),
  /** The library has loaded its functions into the page. */
  isInjected: z.boolean(),
  /** Every listener of the library is attached. */
  isListening: z.boolean(),
  /** Modules that are missing for that. */
  missing: z.array(z.string()),
  /** Of WhatsApp Web. */
  version: z.string().nullish(),
  userAgent: z.string(),
});
