// Whether the library listens to WhatsApp Web: it says "ready" of any page into which it has loaded its functions, also
// while its listeners are not attached yet, and when attaching them failed. So the bridge marks the page itself.

/** What `Client.attachEventListeners` of whatsapp-web.js 1.34.7 requires, and throws without. */
const NEEDED = [
  'WAWebCollections',
  'WAWebSocketModel',
  'WAWebSyncGatingUtils',
  'WAWebConnModel',
  // In a chunk of its own on some pages: then acks were heard, and no incoming message ever. Source: wa-js#3567.
  'WAWebCallCollection',
];

/** Resolves in the page once every listener can be attached; meanwhile the page says what it waits for. */
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
