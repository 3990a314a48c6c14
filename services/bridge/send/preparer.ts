import { preparationOf } from '../../contract/content.ts';
import { errorText, KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { DeadlineError } from '../deadline.ts';
import { type BridgeLimits, DEFAULT_PREVIEW_MS } from '../limits.ts';
import type { NewContent } from '../page/content.ts';
import { isPageError } from '../page/errors.ts';
import type { SendDeadline } from './deadline.ts';
import { unsent } from './errors.ts';
import type { SendRequest } from './request.ts';
import type { SendingBrowser } from './sending-browser.ts';
import { type UploadSlot, UploadSlots } from './upload-slots.ts';

/** So many browsers may end while one medium is uploaded. From the second time on, it is uploaded alone. */
const MOST_DEATHS = 5;
/** How much of the page's memory may be held by uploads that were given up and do not end. */
const MOST_ABANDONED_BYTES = 128 * 1024 ** 2;
/** Media whose browser has ended are remembered; the oldest are forgotten. */
const REMEMBERED = 1_000;

/** A send in the turn of its chat. */
export interface PendingSend {
  readonly browser: SendingBrowser;
  readonly request: SendRequest;
  readonly content: NewContent;
  readonly deadline: SendDeadline;
  readonly address: string;
  /** An earlier call may have got through. */
  readonly isDoubtful: boolean;
}

type Add<T> = (addresses: readonly string[], name: string | undefined) => Promise<T>;

/**
 * Gets ready in the page what takes long, outside the turn of the sends: opens the chat, uploads the medium, fetches the
 * preview of a link. Nothing is sent by it, so each failure is certain.
 */
export class MessagePreparer {
  readonly #readyBrowser: () => SendingBrowser;
  readonly #limits: BridgeLimits;
  readonly #log: Log;
  readonly #slots = new UploadSlots();
  readonly #closing = new AbortController();
  /** The chats that each browser has opened, and the addresses that their messages may have. */
  readonly #opened = new WeakMap<SendingBrowser, Map<string, readonly string[]>>();
  /** The bytes of the uploads of a browser that were given up and have not ended. */
  #abandoned: { readonly browser: SendingBrowser; readonly bytes: number } | undefined;
  /** How often a browser has ended during the upload of a medium, by the id of its message. */
  readonly #deaths = new Map<string, number>();
  #count = 0;

  /** `readyBrowser` throws `whatsapp_not_ready`. */
  constructor(readyBrowser: () => SendingBrowser, limits: BridgeLimits, log: Log) {
    this.#readyBrowser = readyBrowser;
    this.#limits = limits;
    this.#log = log;
  }

  /**
   * Prepares a send, then adds it. `add` gets the addresses that the message may have, and the name under which the page holds
   * what was prepared, if there is anything. Throws `upload_failed` for a medium that will not be uploaded, `send_failed` and `whatsapp_not_ready`.
   */
  async prepare<T>(pending: PendingSend, add: Add<T>): Promise<T> {
    const { browser, request, content, isDoubtful } = pending;
    const addresses = await this.#open(pending);
    const kind = preparationOf(content);
    // What has failed once, or may have been sent, goes without the preview.
    if (kind === 'none' || (kind === 'preview' && isDoubtful)) return add(addresses, undefined);
    this.#count += 1;
    const name = `${this.#count}:${request.stanzaId}`;
    this.#log.debug({ name }, `message ${request.stanzaId} is being prepared (${kind})`);
    try {
      using _slot = kind === 'upload' ? await this.#slotFor(pending) : undefined;
      if (kind === 'upload') await this.#upload(pending, name);
      else if (!(await this.#hasPreview(pending, name))) return await add(addresses, undefined);
      return await add(addresses, name);
    } finally {
      // Once it has been added, the page holds nothing under this name.
      this.#drop(browser, name);
    }
  }

  /** Gives up what may take long: uploads and previews. */
  close(): void {
    this.#closing.abort(new KitError('whatsapp_not_ready', 'nothing was sent: the bridge is closing'));
  }

  /** No send is under way: ends a browser of which much memory is held by uploads that do not end. */
  rest(): void {
    if (this.#abandoned === undefined || this.#abandoned.bytes < MOST_ABANDONED_BYTES) return;
    const { browser, bytes } = this.#abandoned;
    this.#abandoned = undefined;
    browser.end({ kind: 'failed', reason: `uploads that never ended hold ${bytes} bytes of its memory` });
  }

  /** Once in each browser: WhatsApp may have to ask its server for the address of a chat. */
  async #open({ browser, request, address, deadline }: PendingSend): Promise<readonly string[]> {
    const opened = this.#opened.get(browser) ?? new Map<string, readonly string[]>();
    this.#opened.set(browser, opened);
    const known = opened.get(address);
    if (known !== undefined) return known;
    const ms = Math.min(this.#limits.callMs, deadline.leftMs);
    try {
      const addresses = await browser.call('the opening of a chat', ({ sends }) => sends.open(address), ms);
      opened.set(address, addresses);
      return addresses;
    } catch (error) {
      throw unsent(error, request.chatId);
    }
  }

  async #slotFor({ request, content, deadline }: PendingSend): Promise<UploadSlot> {
    // Time must be left for the message to be added.
    const ms = Math.min(this.#limits.sendMs, deadline.leftMs) / 2;
    const isSuspect = this.#deaths.has(request.stanzaId);
    try {
      return await this.#slots.take(bytesOf(content), isSuspect, ms, this.#giveUp(request));
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new KitError('send_failed', `nothing was sent: ${error.message}`, { cause: error });
    }
  }

  async #upload({ browser, request, address, content, deadline }: PendingSend, name: string): Promise<void> {
    const { uploadMs } = this.#limits;
    const ms = Math.min(uploadMs, deadline.leftMs);
    let isPending = true;
    let isAbandoned = false;
    const ended = () => {
      isPending = false;
      if (isAbandoned) this.#abandon(browser, -bytesOf(content));
    };
    const upload = browser.call(
      'the upload of a medium',
      ({ sends }) => {
        const uploading = sends.prepare(name, address, content);
        uploading.then(ended, ended);
        return uploading;
      },
      ms,
    );
    try {
      await unlessAborted(this.#giveUp(request), upload);
      this.#deaths.delete(request.stanzaId);
    } catch (error) {
      isAbandoned = isPending;
      if (isAbandoned) this.#abandon(browser, bytesOf(content));
      if (browser.signal.aborted) this.#countDeath(request.stanzaId, error);
      if (error instanceof DeadlineError && ms === uploadMs) {
        this.#readyBrowser(); // While WhatsApp is away, the time is not the medium's fault: it is tried again.
        throw new KitError(
          'upload_failed',
          `nothing was sent: the upload to WhatsApp took longer than ${uploadMs} ms (SEND_UPLOAD_TIMEOUT_MS)`,
          { cause: error },
        );
      }
      throw unsent(error, request.chatId);
    }
  }

  /** Whether the page has a preview in time. A message never fails for want of one. */
  async #hasPreview(
    { browser, request, address, content, deadline }: PendingSend,
    name: string,
  ): Promise<boolean> {
    const ms = Math.min(this.#limits.previewMs ?? DEFAULT_PREVIEW_MS, deadline.leftMs / 2);
    const preview = browser.call(
      'the preview of a link',
      ({ sends }) => sends.prepare(name, address, content),
      ms,
    );
    try {
      await unlessAborted(this.#giveUp(request), preview);
      return true;
    } catch (error) {
      if (error instanceof KitError) throw error;
      // A page that went away, and not one that was slow or refused it: this one cannot send either.
      if (!(error instanceof DeadlineError) && !isPageError(error)) throw unsent(error, request.chatId);
      this.#log.info(
        { id: request.stanzaId },
        `a message goes without the preview of its link: ${errorText(error)}`,
      );
      return false;
    }
  }

  /** Throws `upload_failed` when this medium has ended too many browsers. */
  #countDeath(id: string, error: unknown): void {
    const deaths = (this.#deaths.get(id) ?? 0) + 1;
    this.#deaths.delete(id);
    this.#deaths.set(id, deaths);
    for (const oldest of this.#deaths.keys()) {
      if (this.#deaths.size <= REMEMBERED) break;
      this.#deaths.delete(oldest);
    }
    if (deaths < MOST_DEATHS || this.#closing.signal.aborted) return;
    this.#deaths.delete(id);
    throw new KitError(
      'upload_failed',
      `nothing was sent: ${deaths} browsers ended while they uploaded this medium; the last one because ${errorText(error)}`,
      { cause: error },
    );
  }

  #abandon(browser: SendingBrowser, bytes: number): void {
    if (browser.signal.aborted) return; // Its memory is free.
    const before = this.#abandoned?.browser === browser ? this.#abandoned.bytes : 0;
    this.#abandoned = { browser, bytes: Math.max(0, before + bytes) };
  }

  #drop(browser: SendingBrowser, name: string): void {
    if (browser.signal.aborted) return;
    browser
      .call('the end of a preparation', ({ sends }) => sends.drop(name))
      .catch((error: unknown) => {
        this.#log.debug({ name }, `a preparation could not be dropped: ${errorText(error)}`);
      });
  }

  /** Aborted when the bridge closes, and when the send is called off. */
  #giveUp({ callOff }: SendRequest): AbortSignal {
    return AbortSignal.any([this.#closing.signal, callOff.signal]);
  }
}

function unlessAborted<T>(signal: AbortSignal, outcome: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  });
}

function bytesOf(content: PendingSend['content']): number {
  return content.kind === 'media' ? Math.ceil((content.data.length * 3) / 4) : 0;
}
