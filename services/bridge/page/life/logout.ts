/** Who has ended the link of a page, as far as the page says. */
export interface Logout {
  /** Why WhatsApp Web has logged out by itself, by WhatsApp's name, such as `web_fail_storage_initialization`. */
  readonly reason?: string | undefined;
  /** The class of that reason, in the address of the page that follows: 0 to 3. */
  readonly code?: string | undefined;
}

/** What the address of a page says of the logout before it. Source: `WAWebReloadAfterLogout` (jigger@0fbd5e1a). */
export function logoutCodeOf(url: string): string | undefined {
  return URL.canParse(url) ? (new URL(url).searchParams.get('logout_reason') ?? undefined) : undefined;
}

/** The name of the function by which the page reports why it logs out. */
export const LOGOUT_FUNCTION = 'gatehouseLogout';

/**
 * Reports why the page logs out, as source text for every new document. The address tells only the class of a few
 * reasons. Each logout comes by one of two functions; without a reason the server has unlinked this device.
 * Source: `WAWebSocketModel`, `WAWebHandleStreamError`, `WAWebLogoutReasonConstants` (jigger@0fbd5e1a).
 */
export const REPORT_LOGOUT = `(() => {
  if (window.top !== window) return;
  const hook = (socket, name, ownReason) => {
    const act = socket[name];
    if (typeof act !== 'function') return;
    const reporting = function (reason = ownReason, ...more) {
      if (reason !== undefined) window.${LOGOUT_FUNCTION}?.(String(reason));
      return act.call(this, reason, ...more);
    };
    socket[name] = Object.assign(reporting, { isHooked: true });
  };
  const timer = setInterval(() => {
    let socket;
    try {
      socket = window.require('WAWebSocketModel').Socket;
    } catch {
      return;
    }
    clearInterval(timer);
    hook(socket, 'logout', 'user_initiated');
    hook(socket, 'clearCredentialsAndStoredData', undefined);
  }, 100);
})()`;

/**
 * Unlinks this device, as client.logout() does, without its closing of the browser and deleting of the profile.
 * Source: `WAWebSocketModel` (jigger@0fbd5e1a).
 */
export const UNLINK = `(async () => {
  const { Socket } = window.require('WAWebSocketModel');
  const clear = Socket.clearCredentialsAndStoredData;
  // \`logout\` returns at once, and clears the credentials once the server has answered.
  const cleared = new Promise((resolve) => {
    Socket.clearCredentialsAndStoredData = function (...given) {
      resolve();
      return clear.apply(this, given);
    };
  });
  await Socket.logout();
  if (typeof clear === 'function') await cleared;
})()`;
