import { errorText, KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Device } from '../web/wire.ts';
import type { Account } from './account.ts';
import { type Accounts, DEFAULT_NUMBER } from './accounts.ts';
import type { ConnectedPages, Page } from './connected-pages.ts';
import { Passkeys } from './passkeys.ts';
import { randomHex } from './whatsapp-ids.ts';

const AUTO_LINK_MS = 300;

export interface DeviceLinksOptions {
  readonly pages: ConnectedPages;
  readonly accounts: Accounts;
  /** The phone that was linked last links pages by itself, until its owner removes the linked devices. */
  readonly autoLink: boolean;
  /** The account asks for a passkey when a page is linked. */
  readonly needsPasskey: () => boolean;
  /** Its owner then compares a code. */
  readonly comparesCodes: () => boolean;
  readonly onChange: () => void;
  readonly log: Log;
}

/**
 * Which phone scans: its number in digits, registered form, and the name that its owner goes by from now on. Without a
 * number, the phone for which the page has asked for a pairing code, or the default one.
 */
export interface ScanRequest {
  readonly phone?: string | undefined;
  readonly pushname?: string | undefined;
}

/** Links pages to the phones as their devices, and unlinks them. */
export class DeviceLinks {
  readonly #options: DeviceLinksOptions;
  readonly passkeys = new Passkeys();
  #autoLinkTimer: NodeJS.Timeout | undefined;
  /** The page that was asked for the passkey, and how far it is. */
  #passkeyLink: { readonly page: Page; readonly request: ScanRequest; isProven: boolean } | undefined;
  #passkeyCode: string | undefined;
  /** How often a page has read posts of the status. */
  statusReadCount = 0;
  /** By device: the load of the page that was linked, until the device has loaded again. */
  readonly #firstLoads = new Map<string, { readonly pageId: string; hasReadStatus: boolean }>();

  constructor(options: DeviceLinksOptions) {
    this.#options = options;
  }

  get mayAutoLink(): boolean {
    return this.#options.autoLink && !this.#options.accounts.lastLinked.state.isUnlinkedByHand;
  }

  /**
   * Links the page that shows a code. Throws `qr_unavailable` when none does, or when it shows only a pairing code that was
   * made for another phone, and `whatsapp_not_ready` when the account has a passkey: the page then asks its browser for it.
   */
  async scan(request: ScanRequest = {}): Promise<Device> {
    const page = this.#options.pages.current;
    if (page?.qr === undefined && page?.pairingCode === undefined)
      throw new KitError('qr_unavailable', 'no page shows a QR code to the phone now');
    const { pairingNumber } = page;
    const isOfOther = request.phone !== undefined && request.phone !== pairingNumber;
    if (page.qr === undefined && isOfOther)
      throw new KitError('qr_unavailable', `the pairing code is for the phone +${pairingNumber}`);
    if (this.#options.needsPasskey()) await this.#demandPasskey(page, request);
    return this.#link(page, request);
  }

  async #link(page: Page, request: ScanRequest): Promise<Device> {
    const account = this.#options.accounts.open(numberOf(page, request));
    const { pn, lid, pushname } = account.state;
    const device: Device = { id: randomHex(8), pn, lid, pushname: request.pushname ?? pushname };
    page.qr = undefined;
    page.pairingCode = undefined;
    page.pairingNumber = undefined;
    page.deviceId = device.id;
    page.number = account.number;
    this.#firstLoads.set(device.id, { pageId: page.id, hasReadStatus: false });
    account.write({ kind: 'linked', device, at: now() });
    // The device is new: what waited for this account reaches it as history.
    account.delivered(account.delivery.waitingIds);
    try {
      await page.ask({ cmd: 'linked', device });
    } catch (error) {
      this.unlinkByPage(device.id);
      throw error;
    }
    return device;
  }

  /** The owner of an account removes every linked device. */
  unlink(account: Account): void {
    const { accounts, pages } = this.#options;
    if (account === accounts.lastLinked) clearTimeout(this.#autoLinkTimer);
    const { isLinked } = account;
    account.write({ kind: 'unlinked', by: 'phone', at: now() });
    if (isLinked)
      for (const page of pages.all) if (page.number === account.number) page.push({ cmd: 'unlinked' });
  }

  unlinkByPage(deviceId: string): void {
    this.#remove(deviceId, 'page');
  }

  /** A page reads posts of the status. */
  statusRead(page: Page): void {
    this.statusReadCount += 1;
    const first = this.#firstLoads.get(page.deviceId ?? '');
    if (first?.pageId === page.id) first.hasReadStatus = true;
  }

  /**
   * A page greets with its login. WhatsApp unlinks a new device that has read the status in its first load, when it loads
   * again. Source: field reports, R#1040 and R#1070 (rmyndharis/OpenWA).
   */
  loadedAgain(page: Page, deviceId: string): void {
    const first = this.#firstLoads.get(deviceId);
    if (first === undefined || first.pageId === page.id) return;
    this.#firstLoads.delete(deviceId);
    if (!first.hasReadStatus) return;
    this.#options.log.warn('the device read the status right after it was linked: WhatsApp unlinks it');
    this.#remove(deviceId, 'server');
  }

  /** A page shows a code: the phone may scan it by itself, once it has been shown for a moment. */
  codeShown(page: Page, text: string): void {
    page.qr = { text };
    this.#options.onChange();
    this.linkSoon();
  }

  /** Links by itself after a moment, where it may. */
  linkSoon(): void {
    // A phone that has scanned waits for the passkey: another scan would make another challenge.
    if (!this.mayAutoLink || this.#isPasskeyAwaited) return;
    clearTimeout(this.#autoLinkTimer);
    this.#autoLinkTimer = setTimeout(() => {
      const phone = this.#options.pages.current?.pairingNumber ?? this.#options.accounts.lastLinked.number;
      this.scan({ phone }).catch((error) =>
        this.#options.log.warn(`the phone could not link by itself: ${errorText(error)}`),
      );
    }, AUTO_LINK_MS);
  }

  get #isPasskeyAwaited(): boolean {
    return this.#passkeyLink !== undefined && this.#passkeyLink.page === this.#options.pages.current;
  }

  /** The page proves the account's passkey. Throws `whatsapp_not_ready` for an assertion that does not hold. */
  passkeyProven(page: Page, assertion: string): void {
    if (this.#passkeyLink?.page !== page) throw new KitError('whatsapp_not_ready', 'nobody has scanned');
    const number = numberOf(page, this.#passkeyLink.request);
    this.passkeys.check(assertion, this.#options.accounts.find(number)?.state.passkey);
    this.#passkeyLink.isProven = true;
    const code = randomHex(4).toUpperCase();
    this.#passkeyCode = code;
    page.push({ cmd: 'passkeyCode', code, skips: !this.#options.comparesCodes() });
    this.#options.onChange();
  }

  /** The code that the phone shows to its owner. */
  get passkeyCode(): string | undefined {
    return this.#passkeyCode;
  }

  /** The codes are the same. */
  async passkeyConfirmed(page: Page): Promise<void> {
    const link = this.#passkeyLink;
    if (link?.page !== page || !link.isProven)
      throw new KitError('whatsapp_not_ready', 'no passkey was proven');
    this.#passkeyLink = undefined;
    this.#passkeyCode = undefined;
    await this.#link(page, link.request);
  }

  async #demandPasskey(page: Page, request: ScanRequest): Promise<never> {
    this.#passkeyLink = { page, request, isProven: false };
    await page.ask({ cmd: 'passkey', options: this.passkeys.newOptions() });
    throw new KitError('whatsapp_not_ready', 'the account asks for a passkey');
  }

  #remove(deviceId: string, by: 'page' | 'server'): void {
    const account = this.#options.accounts.withDevice(deviceId);
    account?.write({ kind: 'unlinked', by, device_id: deviceId, at: now() });
  }

  /** Ends the wait of an automatic link. */
  close(): void {
    clearTimeout(this.#autoLinkTimer);
  }
}

function numberOf(page: Page, { phone }: ScanRequest): string {
  return phone ?? page.pairingNumber ?? DEFAULT_NUMBER;
}

function now(): string {
  return new Date().toISOString();
}
