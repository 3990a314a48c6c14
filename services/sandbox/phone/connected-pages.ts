import { errorText, KitError } from '../../contract/errors.ts';

/** What the page asks to be done: its name and what it needs. The names are in `web/commands.ts` and `web/page-lifecycle.ts`. */
export interface Command {
  readonly cmd: string;
  readonly [name: string]: unknown;
}

/** A page that hangs; one on a busy machine may need seconds. */
const ANSWER_LIMIT_MS = 20_000;

/** One load of the page in a browser, as seen from the phone. */
export class Page {
  readonly id: string;
  readonly #write: (data: unknown) => void;
  readonly #asked = new Map<number, PromiseWithResolvers<void>>();
  #askedCount = 0;
  deviceId: string | undefined;
  /** The number of the account that has the device; undefined for a page without a login, or with one that has ended. */
  number: string | undefined;
  /** Whether it is connected and synced, so that messages may be delivered. */
  isUp = false;
  /** The code that is shown. */
  qr: { readonly text: string } | undefined;
  pairingCode: string | undefined;
  /** The number for which the pairing code was made: WhatsApp asks that phone for it, and no other. */
  pairingNumber: string | undefined;
  socketState = 'UNLAUNCHED';
  stream = 'DISCONNECTED';
  /** Whether the dialog for new users is over the page. */
  isDialogOpen = false;

  constructor(id: string, write: (data: unknown) => void) {
    this.id = id;
    this.#write = write;
  }

  push(command: Command): void {
    this.#write(command);
  }

  /** As `push`, and waits until the page has done it. */
  async ask(command: Command): Promise<void> {
    this.#askedCount += 1;
    const n = this.#askedCount;
    const answer = Promise.withResolvers<void>();
    this.#asked.set(n, answer);
    const timer = setTimeout(
      () => this.answered(n, `the page did not answer ${command.cmd} within ${ANSWER_LIMIT_MS} ms`),
      ANSWER_LIMIT_MS,
    );
    this.#write({ ...command, n });
    try {
      await answer.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  answered(n: number, error?: string): void {
    const answer = this.#asked.get(n);
    this.#asked.delete(n);
    if (error === undefined) answer?.resolve();
    else answer?.reject(new KitError('bridge_failed', errorText(error)));
  }

  gone(): void {
    this.isUp = false;
    for (const n of [...this.#asked.keys()]) this.answered(n, 'the page went away');
  }
}

/** The pages that are connected. The latest of an account is the one that counts: an earlier one is a load gone by. */
export class ConnectedPages {
  readonly #pages = new Map<string, Page>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** In the order in which they connected. */
  get all(): readonly Page[] {
    return [...this.#pages.values()];
  }

  /** The latest of all. */
  get current(): Page | undefined {
    return this.all.at(-1);
  }

  find(id: string): Page | undefined {
    return this.#pages.get(id);
  }

  others(page: Page): Page[] {
    return this.all.filter((other) => other !== page);
  }

  /** Adds a load of the page, to which `write` sends commands. */
  connect(id: string, write: (data: unknown) => void): Page {
    const page = new Page(id, write);
    this.#pages.delete(id);
    this.#pages.set(id, page);
    this.#onChange();
    return page;
  }

  disconnect(page: Page): void {
    page.gone();
    if (this.#pages.get(page.id) === page) this.#pages.delete(page.id);
    this.#onChange();
  }
}
