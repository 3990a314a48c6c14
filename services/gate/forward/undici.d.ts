// Three files of undici, not its index: that also loads fetch, WebSocket and caches, 60 ms and 13 MB that the gate does
// not need. The version is pinned in package.json; the gate's tests fail if the paths move.
declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici';
}

declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici';
}

declare module 'undici/lib/core/symbols.js' {
  const symbols: { readonly kSocket: symbol; readonly kParser: symbol };
  export default symbols;
}
