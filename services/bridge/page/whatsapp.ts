import { z } from 'zod';
import type { Chat } from '../../contract/bridge.ts';
import { errorText } from '../../contract/errors.ts';
import type { WhatsAppMessage } from '../../contract/events.ts';
import type { Account } from '../../contract/person.ts';
import { within } from '../deadline.ts';
import { parse, readChats, readMessage } from './data.ts';
import { INSTALL_KEY_ALIAS } from './ids.ts';
import type { AuthStrategy, LaunchOptions, Library, LibraryClient, Page } from './library.ts';
import { ACKNOWLEDGE_DIALOGS, type DialogLook, readDialogs } from './life/dialogs.ts';
import { LOGOUT_FUNCTION, type Logout, logoutCodeOf, REPORT_LOGOUT, UNLINK } from './life/logout.ts';
import { HOLD_PASSKEY_CALL } from './life/passkey.ts';
import { READ_UNSUPPORTED } from './life/unsupported.ts';
import { listen, type WhatsAppListener } from './life/whatsapp-listener.ts';
import { hearsToken, markWhenListening } from './listeners.ts';
import { findMessage, listChats, listMessages } from './lookup.ts';
import { obstacleIn, type PageState, READ_PAGE, readPageState } from './page-state.ts';
import { accountOf, type Me } from './people/account.ts';
import { INSTALL_PREPARATION } from './preparation.ts';
import { INSTALL_SEND_HOOK } from './send-hook.ts';
import { WhatsAppSends } from './sends.ts';
import { SUPPLY_VERSION } from './version.ts';

export interface WhatsAppOptions {
  readonly library: Library;
  readonly launch: LaunchOptions;
  /** From the browser's start until WhatsApp Web shows a QR code or a login. */
  readonly initMs: number;
  test?(page: WhatsApp): Promise<string | undefined>;
  /** Kills whatever is left of the browser; `pid` is its main process, if it is known. */
  killBrowser(pid: number | undefined): Promise<void>;
}

/** One browser with one WhatsApp Web. None of its calls has a deadline of its own: see `session/browser-run.ts`. */
export class WhatsApp {
  readonly sends: WhatsAppSends;
  readonly #client: LibraryClient;
  readonly #killBrowser: WhatsAppOptions['killBrowser'];
  /** Tests the page. Returns why the session cannot be ready with it; undefined when it can. */
  readonly test: () => Promise<string | undefined>;
  #starting: Promise<void> | undefined;
  #isClosed = false;
  #browserVersion = 'unknown';
  /** The account, as the page said at the last look. */
  #me: Me | undefined;
  /** What the page has said of its last logout. */
  #logout: Logout = {};

  constructor({ library, launch, initMs, killBrowser, test }: WhatsAppOptions, listener: WhatsAppListener) {
    this.#killBrowser = killBrowser;
    this.test = async () => test?.(this);
    this.#client = new library.Client({
      authStrategy: this.#keptProfile(library, listener),
      // The default keeps the page's html in the working folder, and fails where that cannot be written.
      webVersionCache: { type: 'none' },
      authTimeoutMs: initMs,
      // `session/browser-launch.ts` sets it. The library would set Chrome/101, for pages only, and empty their client hints.
      userAgent: false,
      puppeteer: launch,
    });
    this.sends = new WhatsAppSends(this.#client, library);
    markWhenListening(this.#client, (error) => listener.listenersFailed(error));
    listen(this.#client, listener, () => this.#logout);
  }

  /** Starts the browser; resolves when WhatsApp Web shows a QR code or a login. */
  start(): Promise<void> {
    this.#starting = this.#client.initialize();
    return this.#starting;
  }

  get browserPid(): number | undefined {
    return this.#client.pupBrowser?.process()?.pid;
  }

  /** The account that is linked; undefined before the page has synced. */
  get account(): Account | undefined {
    return accountOf(this.#client.info, this.#me);
  }

  async pageState(): Promise<PageState | undefined> {
    const state = readPageState(await this.#evaluate(READ_PAGE));
    this.#me = state?.me ?? this.#me;
    return state;
  }

  /** Why the session cannot be ready with this page; undefined when it can. */
  obstacleIn(page: PageState): string | undefined {
    return obstacleIn(page, this.#browserVersion);
  }

  /** Acknowledges the dialog for new users, if it lies over the page. */
  async acknowledgeDialogs(): Promise<DialogLook> {
    return readDialogs(await this.#evaluate(ACKNOWLEDGE_DIALOGS));
  }

  /** Why WhatsApp does not support this browser, in the words of the page; undefined when it does, or has no page yet. */
  async unsupportedText(): Promise<string | undefined> {
    if (!this.#client.pupPage) return undefined;
    const text = await this.#evaluate(READ_UNSUPPORTED);
    return typeof text === 'string' ? `${text} (this is ${this.#browserVersion})` : undefined;
  }

  async repeatSynced(): Promise<void> {
    await this.#evaluate(REPEAT_SYNCED);
  }

  async refreshQr(): Promise<void> {
    await this.#evaluate(REFRESH_QR);
  }

  async installSendHooks(): Promise<void> {
    await this.#evaluate(INSTALL_PREPARATION);
    await this.#evaluate(INSTALL_SEND_HOOK);
  }

  async requestPairingCode(phoneNumber: string): Promise<string> {
    return parse(z.string(), await this.#client.requestPairingCode(phoneNumber), 'pairing code');
  }

  async unlink(): Promise<void> {
    await this.#evaluate(UNLINK);
  }

  async chats(limit: number): Promise<Chat[]> {
    return readChats(await this.#evaluate(listChats(limit)));
  }

  /** The newest messages of a chat, oldest first; undefined when there is no such chat. */
  async messages(chatId: string, limit: number): Promise<WhatsAppMessage[] | undefined> {
    const raw = await this.#evaluate(listMessages(chatId, limit));
    return raw === null ? undefined : parse(z.array(z.unknown()), raw, 'list of messages').map(readMessage);
  }

  async message(id: string): Promise<WhatsAppMessage | undefined> {
    const raw = await this.#evaluate(findMessage(id));
    return raw === null || raw === undefined ? undefined : readMessage(raw);
  }

  /** Cuts the page off, or ends that: an open WebSocket falls silent, a new one fails (measured on Chromium 150). */
  async setOffline(isOffline: boolean): Promise<void> {
    await this.#client.pupPage?.setOfflineMode(isOffline);
  }

  hears(token: string, ms: number): Promise<boolean> {
    return hearsToken(this.#client, token, ms);
  }

  /** Runs what only one part asks of the page (`backfill.ts`, `probe.ts`). */
  run(source: string): Promise<unknown> {
    return this.#evaluate(source);
  }

  /**
   * Closes the browser politely within `ms`, then kills whatever of it is left, also when it is only just starting.
   * Returns what went wrong with politeness, for the log.
   */
  async close(ms: number): Promise<unknown> {
    this.#isClosed = true;
    const pid = this.browserPid;
    let trouble: unknown;
    try {
      await within(ms, this.#client.destroy(), 'closing the browser');
    } catch (error) {
      trouble = error;
    }
    await this.#killBrowser(pid);
    if (this.#starting !== undefined) {
      // A launch under way sees `#isClosed` and rejects; only then is it certain that no browser comes after.
      await within(ms, this.#starting, 'giving up the start').catch((error: unknown) => {
        trouble ??= error;
      });
      await this.#killBrowser(this.browserPid);
    }
    return trouble;
  }

  async #evaluate(source: string): Promise<unknown> {
    const { pupPage } = this.#client;
    if (pupPage === undefined || pupPage === null) throw new Error('there is no page yet');
    return pupPage.evaluate(source);
  }

  /**
   * The profile is a folder that this strategy never touches: the library's LocalAuth deletes it, under the running
   * browser, the moment WhatsApp says LOGOUT. Its hooks are the places that come right after the launch, and after the
   * page has synced but before the library loads its functions into it.
   */
  #keptProfile({ NoAuth }: Library, listener: WhatsAppListener): AuthStrategy {
    return Object.assign(new NoAuth(), {
      afterBrowserInitialized: () => this.#watchBrowser(listener),
      getAuthEventPayload: () => this.#patchKeys(listener),
    });
  }

  /** Before the library looks at anything. Never throws: a page without the alias is read all the same, where it can be. */
  async #patchKeys(listener: WhatsAppListener): Promise<void> {
    try {
      const outcome = await this.#evaluate(INSTALL_KEY_ALIAS);
      if (outcome === 'lazy') listener.pageError('its message keys get no alias that crosses to the bridge');
    } catch (error) {
      listener.pageError(`its message keys could not be given an alias: ${errorText(error)}`);
    }
  }

  /** The library has no event for the death of its browser or page. */
  async #watchBrowser(listener: WhatsAppListener): Promise<void> {
    if (this.#isClosed) throw new Error('closed while the browser started');
    const { pupBrowser, pupPage } = this.#client;
    if (pupBrowser === undefined || pupPage === undefined || watched.has(pupPage)) return;
    watched.add(pupPage);
    pupBrowser.on('disconnected', () => listener.died('the browser has exited'));
    pupPage.on('error', (error) => listener.died(`the page has crashed: ${error.message}`));
    pupPage.on('close', () => listener.died('the page was closed'));
    pupPage.on('pageerror', (error) => listener.pageError(String(error)));
    pupPage.on('framenavigated', (frame) => {
      if (frame !== pupPage.mainFrame()) return;
      this.#logout = { ...this.#logout, code: logoutCodeOf(frame.url()) };
      listener.navigated();
    });
    // Here, within the deadline of the start: a browser that hangs later would hold up the looks at its page.
    this.#browserVersion = await pupBrowser.version();
    await pupPage.exposeFunction(LOGOUT_FUNCTION, (reason: unknown) => {
      this.#logout = { reason: String(reason) };
    });
    await pupPage.evaluateOnNewDocument(REPORT_LOGOUT);
    await pupPage.evaluateOnNewDocument(SUPPLY_VERSION);
    await pupPage.evaluateOnNewDocument(HOLD_PASSKEY_CALL);
  }
}

const watched = new WeakSet<Page>();

/** When the sync ended before the library listened, it never hears of it and `ready` never comes. */
const REPEAT_SYNCED = 'void window.onAppStateHasSyncedEvent()';

/** The library calls this in Node, where it throws, and the QR code freezes. */
const REFRESH_QR = "void window.require('WAWebCmd').Cmd.refreshQR()";
