import type { Phone } from '../../../services/sandbox/phone/phone.ts';
import { randomHex } from '../../../services/sandbox/phone/whatsapp-ids.ts';
import type { Policy } from '../../../services/sandbox/web/policy.ts';
import type { WireMessage } from '../../../services/sandbox/web/wire.ts';
import { type PageLoad, RETRY_MS } from './page-load.ts';
import type { PageMessages } from './page-messages.ts';

/** What WhatsApp refuses an account with that may write to no more strangers. */
const REACH_OUT_TIMELOCK = 463;

/** What outlives a load of the page, and its browser: the messages that the page has added and the phone has not taken. */
export interface PageDatabase {
  outbox: WireMessage[];
}

/** How far a message has come. A test may end the browser at each of these moments. */
export type Moment = 'adding' | 'added' | 'received' | 'acknowledged';

export interface SendResult {
  readonly ack: number;
  readonly errorCode?: number | undefined;
}

interface OutboxParts {
  readonly phone: Phone;
  readonly database: PageDatabase;
  readonly load: PageLoad;
  readonly messages: PageMessages;
  /** How sends fare, as this load of the page has heard from the phone. */
  policy(): Policy;
  onMoment(moment: Moment, message: WireMessage): void;
}

/** How the page model adds messages and delivers them to the phone, as `services/sandbox/web/outbox.ts` does. */
export class PageOutbox {
  readonly #parts: OutboxParts;
  readonly #waiting: WireMessage[] = [];
  readonly #results = new Map<string, (result: SendResult) => void>();
  #isDelivering = false;
  isConnected = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Resolves when the message stands in its chat. */
  async add(message: Omit<WireMessage, 'add'>): Promise<void> {
    const { load, database, messages, policy, onMoment } = this.#parts;
    const { mode, addMs } = policy();
    const added = { ...message, add: randomHex(8) };
    onMoment('adding', added);
    if (mode === 'hang-add') await new Promise(() => undefined);
    await load.sleep(addMs);
    if (mode === 'fail-add') throw new Error('stand-in: could not add message');
    database.outbox.push(added);
    messages.show(added, true);
    this.#waiting.push(added);
    onMoment('added', added);
    void this.#deliver();
  }

  /** Resolves when WhatsApp's server has taken or refused the message. */
  result(id: string): Promise<SendResult> {
    return new Promise((resolve) => this.#results.set(id, resolve));
  }

  /** Shows and delivers what an earlier load, or a time offline, left behind. */
  deliverKept(): void {
    const { database, messages } = this.#parts;
    for (const message of database.outbox) {
      messages.show(message, false);
      if (!this.#waiting.includes(message)) this.#waiting.push(message);
    }
    void this.#deliver();
  }

  applyAck(id: string, ack: number, errorCode?: number): void {
    const { messages, onMoment } = this.#parts;
    messages.setAck(id, ack);
    this.#results.get(id)?.({ ack, errorCode });
    this.#results.delete(id);
    const message = messages.get(id);
    if (ack > 0 && message !== undefined) onMoment('acknowledged', message);
  }

  async #deliver(): Promise<void> {
    const { phone, load } = this.#parts;
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    for (;;) {
      await load.sleep(0);
      const [first] = this.#waiting;
      if (first === undefined || !this.isConnected) break;
      if (phone.isOffline) await load.sleep(RETRY_MS);
      else {
        this.#waiting.shift();
        await this.#settle(first);
      }
    }
    this.#isDelivering = false;
  }

  async #settle(message: WireMessage): Promise<void> {
    const { phone, load, database, onMoment } = this.#parts;
    const state = phone.receive(message);
    onMoment('received', message);
    await load.sleep(0);
    if (state === 'refused') this.applyAck(message.id, -1);
    if (state === 'restricted') this.applyAck(message.id, -1, REACH_OUT_TIMELOCK);
    // A message without any ack stays: after a reload it is sent again, and is still one at the phone.
    if (state !== 'unacknowledged') database.outbox = database.outbox.filter(({ id }) => id !== message.id);
  }
}
