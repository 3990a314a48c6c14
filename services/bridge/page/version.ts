/**
 * Supplies `window.Debug.VERSION`, as source text for every new document. The library waits for it before it does
 * anything else. Some accounts get a page that never sets it, and the library ends with "auth timeout". The script waits
 * until the page has every module that the library requires next. A page that sets `Debug` later replaces this one.
 * Source: wa-js@a3ed679e; `WAWebDebugSetup`, `WAWebBuildConstants` (jigger@0fbd5e1a); `Client.inject` (1.34.7).
 */
export const SUPPLY_VERSION = `(() => {
  if (window.top !== window) return;
  const isThere = (name) => {
    try {
      return Boolean(window.require(name));
    } catch {
      return false;
    }
  };
  const supply = () => {
    if (window.Debug?.VERSION) return true;
    if (!${JSON.stringify([
      'WAWebSocketModel',
      'WAWebCmd',
      'WAWebConnModel',
      'WAWebOfflineHandler',
      'WAWebAltDeviceLinkingApi',
      'WABase64',
      'WAWebCompanionRegClientUtils',
      'WAWebAdvSignatureApi',
      'WAWebUserPrefsInfoStore',
      'WAWebSignalStoreApi',
    ])}.every(isThere)) return false;
    const version = isThere('WAWebBuildConstants') ? window.require('WAWebBuildConstants').VERSION_STR : undefined;
    window.Debug = { ...window.Debug, VERSION: String(version ?? 'unknown'), isSupplied: true };
    return true;
  };
  const timer = setInterval(() => {
    if (supply()) clearInterval(timer);
  }, 200);
})()`;
