import type { QrAnswer } from '../../contract/bridge.ts';
import { KitError } from '../../contract/errors.ts';
import type { SessionState } from '../../contract/events.ts';
import type { BrowserRun } from './browser-run.ts';

/** The QR code or the pairing code by which a phone links this session now. */
export class LinkCodes {
  #qr: QrAnswer | undefined;
  #pairingCode: string | undefined;

  get pairingCode(): string | undefined {
    return this.#pairingCode;
  }

  showQr(code: string): QrAnswer {
    this.#pairingCode = undefined;
    this.#qr = { qr: code, generated_at: new Date().toISOString() };
    return this.#qr;
  }

  showPairingCode(code: string): void {
    this.#qr = undefined;
    this.#pairingCode = code;
  }

  clear(): void {
    this.#qr = undefined;
    this.#pairingCode = undefined;
  }

  /** Throws `qr_unavailable`. */
  currentQr(state: SessionState): QrAnswer {
    if (this.#qr !== undefined && state === 'qr') return this.#qr;
    throw new KitError('qr_unavailable', `the session is ${state} and shows no QR code`);
  }

  /** A code to type into the phone instead of a scan. Throws `already_linked` and `qr_unavailable`. */
  async requestPairingCode(
    browser: BrowserRun | undefined,
    state: SessionState,
    phoneNumber: string,
  ): Promise<string> {
    if (state === 'ready' || state === 'syncing' || state === 'degraded') {
      throw new KitError('already_linked', 'a phone is linked to this session');
    }
    if (browser === undefined || (state !== 'qr' && state !== 'pairing')) {
      throw new KitError(
        'qr_unavailable',
        `the session is ${state}: codes exist only while it waits for a phone`,
      );
    }
    return browser.call('a pairing code', (whatsapp) => whatsapp.requestPairingCode(phoneNumber));
  }
}
