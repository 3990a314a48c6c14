// Files of whatsapp-web.js, not its index: that also loads what its RemoteAuth keeps sessions with (DECISIONS 68). The version is pinned in package.json; the bridge's tests fail if the paths move.
declare module 'whatsapp-web.js/src/Client.js' {
  import { type ClientOptions, Client as PublicClient } from 'whatsapp-web.js';

  export default class Client extends PublicClient {
    constructor(options: Omit<ClientOptions, 'userAgent'> & { userAgent: false });
    /** The library calls it once for each page that has synced, and reports no event of the page before it resolves. */
    attachEventListeners(): Promise<void>;
  }
}

declare module 'whatsapp-web.js/src/authStrategies/NoAuth.js' {
  export { NoAuth as default } from 'whatsapp-web.js';
}

declare module 'whatsapp-web.js/src/structures/Location.js' {
  export { Location as default } from 'whatsapp-web.js';
}
