import { join } from 'node:path';
import wweb, { type Client as ClientType, type Message } from 'whatsapp-web.js';
import type { Sandbox, SandboxOptions } from '../../../services/sandbox/sandbox.ts';
import { SYSTEM_MESSAGE_TYPES } from '../../../services/sandbox/web/people/system-messages.ts';
import { until } from '../until.ts';
import { newFolder, SandboxFolder } from './sandbox-folder.ts';
import { FLAGS, sharedBrowser } from './shared-browser.ts';

const { Client, LocalAuth } = wweb;

/** A picture of one dot. */
export const DOT =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';

export interface Seen {
  readonly event: string;
  readonly values: readonly unknown[];
}

export interface WorldOptions extends Partial<SandboxOptions> {
  /** For a test that ends its browser: each client starts one, on the profile of the folder. */
  readonly ownBrowsers?: boolean;
}

/** A sandbox on a folder of its own, and the clients started before it, in one tab of the shared browser each. */
export class World extends SandboxFolder {
  readonly #clients = new Set<Witness>();
  readonly #hasOwnBrowsers: boolean;

  private constructor(folder: string, hasOwnBrowsers: boolean) {
    super(folder);
    this.#hasOwnBrowsers = hasOwnBrowsers;
  }

  static override async open({ ownBrowsers = false, ...options }: WorldOptions = {}): Promise<World> {
    const world = new World(await newFolder(), ownBrowsers);
    if (!ownBrowsers) {
      await sharedBrowser.certify(world.folder);
      await sharedBrowser.clear();
    }
    await world.startSandbox(options);
    return world;
  }

  override async startSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
    const sandbox = await super.startSandbox(options);
    if (!this.#hasOwnBrowsers) sharedBrowser.relayTo(sandbox.webPort);
    return sandbox;
  }

  /** Starts a client. `hearsLate`: a sync that ended before the library listened is announced to it, as the bridge does. */
  async startClient({ hearsLate = true }: { hearsLate?: boolean } = {}): Promise<Witness> {
    const witness = await this.newClient({ hearsLate });
    await witness.client.initialize();
    return witness;
  }

  /** A client that has not been started. */
  async newClient({ hearsLate = true }: { hearsLate?: boolean } = {}): Promise<Witness> {
    const witness = new Witness(
      new Client({
        ...(hearsLate ? { evalOnNewDoc: announceSyncLate } : {}),
        authStrategy: new LocalAuth({ dataPath: join(this.folder, 'profiles'), clientId: 'a' }),
        webVersionCache: { type: 'none' },
        puppeteer: this.#hasOwnBrowsers
          ? {
              headless: true,
              executablePath: this.running.wrapperPath,
              args: FLAGS,
              handleSIGINT: false,
              handleSIGTERM: false,
              handleSIGHUP: false,
            }
          : { browserWSEndpoint: await sharedBrowser.endpoint() },
      }),
      !this.#hasOwnBrowsers,
    );
    this.#clients.add(witness);
    return witness;
  }

  /** A client that is linked and ready. */
  async startReadyClient(): Promise<Witness> {
    const witness = await this.startClient();
    if (this.running.phone.state.devices.size === 0) {
      await witness.next('qr');
      await this.control('scan');
    }
    await witness.next('ready');
    return witness;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const witness of this.#clients) await witness.close();
    await super[Symbol.asyncDispose]();
  }
}

const EVENTS = [
  'qr',
  'code',
  'loading_screen',
  'authenticated',
  'ready',
  'message',
  'message_create',
  'message_ack',
  'message_edit',
  'message_revoke_everyone',
  'message_ciphertext',
  'message_reaction',
  'vote_update',
  'call',
  'change_state',
  'disconnected',
  'unread_count',
] as const;

/**
 * A client with everything that it told, in order. Each new chat begins with messages that nobody wrote: they are told as
 * `system_message` and `system_message_create` here, apart from those of people.
 */
export class Witness {
  readonly client: ClientType;
  readonly seen: Seen[] = [];
  readonly #isInSharedBrowser: boolean;
  #taken = new Map<string, number>();

  constructor(client: ClientType, isInSharedBrowser: boolean) {
    this.client = client;
    this.#isInSharedBrowser = isInSharedBrowser;
    for (const event of EVENTS)
      client.on(event, (...values: unknown[]) => {
        const [message] = values;
        const isSystem = isMessage(message) && SYSTEM_MESSAGE_TYPES.includes(message.type);
        this.seen.push({ event: isSystem ? `system_${event}` : event, values });
      });
  }

  all(event: string): readonly Seen[] {
    return this.seen.filter((item) => item.event === event);
  }

  /** The next event of this name that was not taken yet. */
  async next(event: string): Promise<readonly unknown[]> {
    const index = this.#taken.get(event) ?? 0;
    this.#taken.set(event, index + 1);
    await until(`event ${event} number ${index + 1}`, () => this.all(event).length > index);
    return this.all(event)[index]?.values ?? [];
  }

  async nextMessage(event = 'message'): Promise<Message> {
    const [message] = await this.next(event);
    if (!isMessage(message)) throw new Error(`${event} came without a message`);
    return message;
  }

  /** Messages announced so far by `message_create`, as `id`. */
  createdIds(): string[] {
    return this.all('message_create').flatMap(({ values: [message] }) =>
      isMessage(message) ? [message.id._serialized] : [],
    );
  }

  acksOf(id: string): number[] {
    return this.all('message_ack').flatMap(({ values: [message, ack] }) =>
      isMessage(message) && message.id._serialized === id ? [Number(ack)] : [],
    );
  }

  /** Has what the page tells the phone under this name come late, as on a machine that is busy. */
  async delay(what: string, ms: number): Promise<void> {
    await this.client.pupPage?.evaluate(`(() => {
      const { fetch } = window;
      window.fetch = async (url, ...more) => {
        if (String(url).startsWith('/stand-in/${what}?')) await new Promise((resolve) => setTimeout(resolve, ${ms}));
        return fetch(url, ...more);
      };
    })()`);
  }

  /** Closes the browser of this client, or its tab of the shared one. */
  async close(): Promise<void> {
    const { pupBrowser, pupPage } = this.client;
    if (pupBrowser?.connected !== true) return;
    if (!this.#isInSharedBrowser) return this.client.destroy();
    if (pupPage?.isClosed() === false) await pupPage.close();
    await pupBrowser.disconnect();
  }
}

/** Runs in the page. The page waits for no listener, so on a busy machine the library would miss the end of the sync. */
function announceSyncLate(): void {
  let exposed: ((...values: unknown[]) => unknown) | undefined;
  let heardCount = 0;
  Object.defineProperty(window, 'onAppStateHasSyncedEvent', {
    configurable: true,
    get: () => exposed,
    set(announce: (...values: unknown[]) => unknown) {
      exposed = (...values) => {
        heardCount += 1;
        return announce(...values);
      };
    },
  });
  setInterval(() => {
    const required: unknown = Reflect.get(window, 'require');
    if (typeof required !== 'function' || exposed === undefined || heardCount > 0) return;
    if (required('WAWebSocketModel').Socket.hasSynced) exposed();
  }, 50);
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'id' in value && 'ack' in value;
}
