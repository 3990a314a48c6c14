import type { LibraryClient } from './library.ts';
import { CALL_MODULE, LISTEN_TO_CALLS } from './life/calls.ts';
import { INSTALL_PEOPLE } from './people/people.ts';

/**
 * Waits until all listeners of the library can be attached, and marks the page once they are attached. The library
 * announces "ready" for any page into which it has loaded its functions, even when its listeners are not attached yet or
 * could not be attached. Without the mark no session becomes ready, and without the wait the listeners fail for good in
 * a page whose modules come late (test: ready).
 *
 * It wraps a private method of the client. Where the client has no such method, "ready" is the only sign that there is:
 * then the page is marked after "ready", once it has all modules (test: listeners).
 */
export function markWhenListening(client: LibraryClient, onFailure: (error: unknown) => void): void {
  const attach = client.attachEventListeners?.bind(client);
  if (attach === undefined) {
    client.on('ready', () => {
      markAfter(client, async () => undefined).catch(onFailure);
    });
    return;
  }
  client.attachEventListeners = async () => {
    try {
      await markAfter(client, attach);
    } catch (error) {
      onFailure(error);
      throw error;
    }
  };
}

/** Whether the library tells this token within `ms`, as `compat/self-test.ts` lets the page say it. */
export function hearsToken(
  client: Pick<LibraryClient, 'on' | 'off'>,
  token: string,
  ms: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isHeard: boolean) => {
      clearTimeout(timer);
      client.off('change_battery', listener);
      resolve(isHeard);
    };
    const listener = ({ battery }: { battery: unknown }) => {
      if (battery === token) end(true);
    };
    const timer = setTimeout(() => end(false), ms);
    client.on('change_battery', listener);
  });
}

async function markAfter({ pupPage }: LibraryClient, attach: () => Promise<void>): Promise<void> {
  await pupPage?.evaluate(`(async () => { await ${AWAIT_MODULES}; ${INSTALL_PEOPLE}; })()`);
  await attach();
  // In one call: the self-test of a marked page looks for both. The first load has the functions for reactions and calls only now.
  await pupPage?.evaluate(`${INSTALL_PEOPLE};${MARK_LISTENING};${LISTEN_TO_CALLS}`);
}

/** The modules without which `Client.attachEventListeners` of whatsapp-web.js 1.34.7 throws, but for that of calls. */
const NEEDED = ['WAWebCollections', 'WAWebSocketModel', 'WAWebSyncGatingUtils', 'WAWebConnModel'];

/**
 * Resolves in the page once every listener can be attached; until then the page lists the modules that are missing.
 *
 * A page may never load the module of calls, and without it the library attaches only its first listeners: it reports
 * acks and no incoming message. So the library gets an empty module in its place, which it leaves alone, and the bridge
 * listens to calls by itself (`calls.ts`). Source: wa-js#3567.
 */
const AWAIT_MODULES = `(async () => {
  const requireModule = window.require;
  const find = (name) => {
    try {
      return requireModule(name);
    } catch {
      return undefined;
    }
  };
  for (;;) {
    const missing = ${JSON.stringify(NEEDED)}.filter((name) => !find(name));
    window.WWebJS.gatehouse = { missing, isListening: false };
    if (missing.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  if (find('${CALL_MODULE}')) return;
  window.WWebJS.gatehouse.restore = () => { window.require = requireModule; };
  window.require = (name, ...more) =>
    name === '${CALL_MODULE}' ? (find(name) ?? {}) : requireModule(name, ...more);
})()`;

/** Marks the page: every listener of the library is attached. */
const MARK_LISTENING = `(() => {
  window.WWebJS.gatehouse?.restore?.();
  window.WWebJS.gatehouse = { missing: [], isListening: true };
})()`;
