import { keys } from '../modules/connection.ts';
import { base64 } from '../objects/ids.ts';
import { tell } from '../phone-connection.ts';
import { current } from '../settings.ts';
import { Conn, isRegistered, newRef, Socket } from '../socket.ts';

let timer: ReturnType<typeof setInterval> | undefined;

/**
 * Shows codes, a new one now and then, until there were enough. Each makes the state UNPAIRED.
 * Source: `WAWebHandlePairDevice` (jigger@0fbd5e1a).
 */
export function showCodes(): void {
  const { qrEveryMs, qrCount } = current.settings;
  hideCodes();
  let shownCount = 1;
  turnCode();
  if (qrEveryMs <= 0) return;
  timer = setInterval(() => {
    shownCount += 1;
    if (qrCount === 0 || shownCount <= qrCount) {
      turnCode();
      return;
    }
    hideCodes();
    Socket.set({ state: 'UNPAIRED_IDLE' });
  }, qrEveryMs);
}

/** No more codes: the page is linked, or its socket is lost. */
export function hideCodes(): void {
  clearInterval(timer);
}

/** Shows another code. The phone's camera sees it before a slow listener does, which may have it scanned at once. */
export async function turnCode(): Promise<void> {
  const ref = newRef();
  const { noise, identity, adv, platform } = keys;
  await tell('qr', { qr: [ref, base64(noise), base64(identity), adv, platform].join(',') });
  // Meanwhile the page may have been linked, or have lost its socket.
  if (isRegistered() || Socket.state === 'OPENING') return;
  Conn.set({ ref, refTTL: current.settings.qrEveryMs });
  Socket.set({ state: 'UNPAIRED' });
}
