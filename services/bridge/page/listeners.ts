// The library announces "ready" for any page into which it has loaded its functions, even when its listeners are not
// attached yet or could not be attached. So the bridge marks the page itself when all of them are attached.

/** The modules without which `Client.attachEventListeners` of whatsapp-web.js 1.34.7 throws. */
const NEEDED = [
  'WAWebCollections',
  'WAWebSocketModel',
  'WAWebSyncGatingUtils',
  'WAWebConnModel',
  // A chunk of its own on some pages. Without it, the library reports acks and no incoming message. Source: wa-js#3567.
  'WAWebCallCollection',
];

/** Resolves in the page once every listener can be attached; until then the page lists the modules that are missing. */
export const AWAIT_MODULES = `(async () => {
  const isThere = (name) => {
    try {
      return Boolean(window.require(name));
    } catch {
      return false;
    }
  };
  for (;;) {
    const missing = ${JSON.stringify(NEEDED)}.filter((name) => !isThere(name));
    window.WWebJS.gatehouse = { missing, isListening: false };
    if (missing.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
})()`;

/** Marks the page: every listener of the library is attached. */
export const MARK_LISTENING = 'void (window.WWebJS.gatehouse = { missing: [], isListening: true })';
