import type { Page } from 'puppeteer';
import NoAuth from 'whatsapp-web.js/src/authStrategies/NoAuth.js';
import Client from 'whatsapp-web.js/src/Client.js';
import { z } from 'zod';
import { type Chat, chatSchema } from '../../contract/bridge.ts';
import { errorText } from '../../contract/errors.ts';
import type { WhatsAppMessage } from '../../contract/events.ts';
import { within } from '../deadline.ts';
import type { News } from '../events/news.ts';
import { type BrowserOptions, launchOptions } from '../session/browser.ts';
import { killBrowserTree } from '../session/browser-processes.ts';
import { agentFault } from '../session/user-agent.ts';
import { type PageState, parse, readMessage, readPageState } from './data.ts';
import * as fixes from './fixes.ts';
import { INSTALL_KEY_ALIAS, widSchema } from './ids.ts';
import { AWAIT_MODULES, MARK_LISTENING } from './listeners.ts';
import { listenForNews } from './news-listener.ts';
import { INSTALL_PREPARING } from './preparing.ts';
import { WhatsAppSends } from './sends.ts';
import { INSTALL_STEERING } from './steering.ts';
import { SUPPLY_VERSION } from './version.ts';

export interface WhatsAppListener {
  qr(code: string): void;
  pairingCode(code: string): void;
  /** A login is being restored or made: any sign of progress. */
  progress(what: string): void;
  ready(): void;
  /** The connection's state changed after ready: CONNECTED, OPENING, TIMEOUT, CONFLICT, … */
  connection(state: string): void;
  /** The library has given up: LOGOUT, CONFLICT, UNPAIRED, … */
  disconnected(reason: string): void;
  /** The browser or its page is dead. */
  died(reason: string): void;
  navigated(): void;
  pageError(text: string): void;
  /** The library could not attach its listeners: nothing that comes into this page is heard. */
  listenersFailed(error: unknown): void;
  news(news: News): void;
}

export interface Account {
  readonly id: string;
  readonly name?: string;
  readonly platform?: string;
}

/** One browser with one WhatsApp Web. None of its calls has a deadline of its own: see `life.ts`. */
export class WhatsApp {
  readonly sends: WhatsAppSends;
  readonly #client: ListeningClient;
  readonly #profileDir: string;
  #starting: Promise<void> | undefined;
  #isClosed = false;
  #browserVersion = 'unknown';

  constructor(options: BrowserOptions, listener: WhatsAppListener) {
    this.#profileDir = options.profileDir;
    const authStrategy = new KeptProfile({
      launched: () => this.#watchBrowser(listener),
      synced: () => this.#patchKeys(listener),
    });
    this.#client = new ListeningClient(listener, {
      authStrategy,
      // The default keeps the page's html in the working folder, and fails where that cannot be written.
      webVersionCache: { type: 'none' },
      authTimeoutMs: options.limits.initMs,
      // `browser.ts` sets it. The library would set Chrome/101, for pages only, and empty their client hints.
      userAgent: false,
      puppeteer: launchOptions(options),
    });
    this.sends = new WhatsAppSends(this.#client);
    listen(this.#client, listener);
  }

  /** Starts the browser; resolves when WhatsApp Web shows a QR code or a login. */
  start(): Promise<void> {
    this.#starting = this.#client.initialize();
    return this.#starting;
  }

  get browserPid(): number | undefined {
    return this.#client.pupBrowser?.process()?.pid;
  }

  get account(): Account | undefined {
    const info = accountSchema.safeParse(this.#client.info);
    if (!info.success) return undefined;
    const { wid, pushname, platform } = info.data;
    return { id: wid, ...(pushname ? { name: pushname } : {}), ...(platform ? { platform } : {}) };
  }

  async pageState(): Promise<PageState | undefined> {
    return readPageState(await this.#evaluate(fixes.READ_PAGE));
  }

  /** Why the session cannot be ready with this page; undefined when it can. */
  obstacleIn(page: PageState): string | undefined {
    const { isListening, missing, version, userAgent } = page;
    if (!isListening) {
      const wait = missing.length === 0 ? '' : `: WhatsApp Web has not loaded ${missing.join(', ')}`;
      return `the listeners of whatsapp-web.js are not attached${wait}`;
    }
    if (!version) return 'the page does not tell its version';
    return agentFault(userAgent, this.#browserVersion);
  }

  async repeatSynced(): Promise<void> {
    await this.#evaluate(fixes.REPEAT_SYNCED);
  }

  async refreshQr(): Promise<void> {
    await this.#evaluate(fixes.REFRESH_QR);
  }

  async installSteering(): Promise<void> {
    await this.#evaluate(INSTALL_PREPARING);
    await this.#evaluate(INSTALL_STEERING);
  }

  async requestPairingCode(phoneNumber: string): Promise<string> {
    return parse(z.string(), await this.#client.requestPairingCode(phoneNumber), 'pairing code');
  }

  async unlink(): Promise<void> {
    await this.#evaluate(fixes.UNLINK);
  }

  async chats(limit: number): Promise<Chat[]> {
    return parse(z.array(chatSchema), await this.#evaluate(fixes.listChats(limit)), 'list of chats');
  }

  /** The newest messages of a chat, oldest first; undefined when there is no such chat. */
  async messages(chatId: string, limit: number): Promise<WhatsAppMessage[] | undefined> {
    const raw = await this.#evaluate(fixes.listMessages(chatId, limit));
    return raw === null ? undefined : parse(z.array(z.unknown()), raw, 'list of messages').map(readMessage);
  }

  async message(id: string): Promise<WhatsAppMessage | undefined> {
    const raw = await this.#evaluate(fixes.findMessage(id));
    return raw === null || raw === undefined ? undefined : readMessage(raw);
  }

  /** Runs what only one part asks of the page (`backfill-page.ts`, `watchdog-page.ts`). */
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
    await killBrowserTree(this.#profileDir, pid);
    if (this.#starting !== undefined) {
      // A launch under way sees `#isClosed` and rejects; only then is it certain that no browser comes after.
      await within(ms, this.#starting, 'giving up the start').catch((error: unknown) => {
        trouble ??= error;
      });
      await killBrowserTree(this.#profileDir, this.browserPid);
    }
    return trouble;
  }

  async #evaluate(source: string): Promise<unknown> {
    const { pupPage } = this.#client;
    if (pupPage === undefined || pupPage === null) throw new Error('there is no page yet');
    return pupPage.evaluate(source);
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
      if (frame === pupPage.mainFrame()) listener.navigated();
    });
    // Here, within the deadline of the start: a browser that hangs later would hold up the looks at its page.
    this.#browserVersion = await pupBrowser.version();
    await pupPage.evaluateOnNewDocument(SUPPLY_VERSION);
  }
}

/** Waits until all listeners can be attached, and marks the page when they are. */
class ListeningClient extends Client {
  readonly #listener: WhatsAppListener;

  constructor(listener: WhatsAppListener, options: ConstructorParameters<typeof Client>[0]) {
    super(options);
    this.#listener = listener;
  }

  override async attachEventListeners(): Promise<void> {
    try {
      await this.pupPage?.evaluate(AWAIT_MODULES);
      await super.attachEventListeners();
      await this.pupPage?.evaluate(MARK_LISTENING);
    } catch (error) {
      this.#listener.listenersFailed(error);
      throw error;
    }
  }
}

const watched = new WeakSet<Page>();

const accountSchema = z.object({
  wid: widSchema,
  pushname: z.string().optional(),
  platform: z.string().optional(),
});

/**
 * The profile is a folder that this strategy never touches: the library's LocalAuth deletes it, under the running
 * browser, the moment WhatsApp says LOGOUT. Its hooks are the places that come right after the launch, and after the
 * page has synced but before the library loads its functions into it.
 */
class KeptProfile extends NoAuth {
  override afterBrowserInitialized: () => Promise<void>;
  override getAuthEventPayload: () => Promise<void>;

  constructor({ launched, synced }: { launched: () => Promise<void>; synced: () => Promise<void> }) {
    super();
    this.afterBrowserInitialized = launched;
    this.getAuthEventPayload = synced;
  }
}

function listen(client: Client, listener: WhatsAppListener): void {
  client.on('qr', (code) => listener.qr(code));
  client.on('code', (code) => listener.pairingCode(code));
  client.on('loading_screen', (percent) => listener.progress(`syncing ${percent} %`));
  client.on('authenticated', () => listener.progress('logged in'));
  client.on('ready', () => listener.ready());
  client.on('change_state', (state) => listener.connection(String(state)));
  client.on('disconnected', (reason) => listener.disconnected(String(reason)));
  client.on('auth_failure', (text) => listener.disconnected(`auth_failure: ${text}`));
  listenForNews(client, (news) => listener.news(news));
}
