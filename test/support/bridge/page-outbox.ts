import type { SendWord } from '../../../services/bridge/page/errors.ts';
import type { Phone } from '../../../services/sandbox/phone/phone.ts';
import { randomHex } from '../../../services/sandbox/phone/whatsapp-ids.ts';
import type { Policy } from '../../../services/sandbox/web/policy.ts';
import type { WireMessage } from '../../../services/sandbox/web/wire.ts';
import { type PageLoad, RETRY_MS } from './page-load.ts';
import type { HeldMessage, PageMessages } from './page-messages.ts';

/** With what WhatsApp's server refuses messages: for good, to strangers, and to begin a chat. */
const NACK = { refused: 479, restricted: 463, capped: 475 } as const;
const CAPPED = 'UserReachedMaxMonthlyLimitForNewMessages';

/** What outlives a load of the page, and its browser: the messages that the page has added and the phone does not have. */
export interface PageDatabase {
  outbox: HeldMessage[];
}

/** How far a message has come. A test may end the browser at each of these moments. */
export type Moment = 'adding' | 'added' | 'received' | 'acknowledged';

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
  readonly #waiting: HeldMessage[] = [];
  /** The sends that are under way, and how those ended that did not go well, by the id of the message. */
  readonly #underWay = new Map<string, PromiseWithResolvers<SendWord>>();
  readonly #ended = new Map<string, SendWord>();
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
    this.#send(added);
    onMoment('added', added);
  }

  /** How the send of a message ends, or has ended; undefined when this load of the page does not know. */
  async outcomeOf(id: string): Promise<SendWord | undefined> {
    return (await this.#underWay.get(id)?.promise) ?? this.#ended.get(id);
  }

  /** How the last send of a message ended, if it did not go well. */
  endOf(id: string): SendWord | undefined {
    return this.#ended.get(id);
  }

  /** The page's own retry of a message that it counts as failed. */
  async resend(message: HeldMessage): Promise<void> {
    const { load, messages, policy } = this.#parts;
    const { mode, uploadMs } = policy();
    const { id } = message;
    messages.change(id, { ack: 0, isSendFailure: false });
    this.#begin(id);
    if (message.details.directPath !== undefined) {
      await load.sleep(uploadMs);
      if (mode === 'fail-upload') {
        messages.setAck(id, -1);
        return this.#end(id, { result: 'NOT_SENT', error: 'its retry sent nothing', ack: -1 });
      }
    }
    this.#send(message);
  }

  /** The connection is there again: what waits goes on. What an earlier load left behind does not. */
  resume(): void {
    void this.#deliver();
  }

  /** An ack leaves `isSendFailure` as it is: only a retry and an edit change it. Source: `WAWebMsgModel` (jigger@0fbd5e1a). */
  applyAck(id: string, ack: number): void {
    const { messages, onMoment } = this.#parts;
    messages.setAck(id, ack);
    const message = messages.get(id);
    if (ack > 0) {
      this.#end(id, { result: 'OK', ack });
      this.#forget(id);
    }
    if (ack > 0 && message !== undefined) onMoment('acknowledged', message);
  }

  #send(message: HeldMessage): void {
    this.#begin(message.id);
    this.#waiting.push(message);
    void this.#deliver();
  }

  #begin(id: string): void {
    this.#ended.delete(id);
    if (!this.#underWay.has(id)) this.#underWay.set(id, Promise.withResolvers());
  }

  #end(id: string, word: SendWord): void {
    if (word.result !== 'OK') this.#ended.set(id, word);
    this.#underWay.get(id)?.resolve(word);
    this.#underWay.delete(id);
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

  async #settle(message: HeldMessage): Promise<void> {
    const { phone, load, messages, policy, onMoment } = this.#parts;
    const { id, chat_id } = message;
    const { mode } = policy();
    if (mode === 'blocked')
      return this.#end(id, {
        ...{ result: 'REJECTED', errorName: 'ContactBlocked', error: 'Contact is blocked', ack: 0 },
      });
    if (mode === 'fail-network') return this.#fail(id, { result: 'ERROR_NETWORK' });
    if (mode === 'cap-new-chats' && messages.inChat(chat_id).length === 1)
      return this.#fail(id, { result: 'ERROR_UNKNOWN', code: NACK.capped, errorCode: CAPPED });
    const state = phone.receive(message);
    onMoment('received', message);
    await load.sleep(0);
    if (state === 'refused' || state === 'restricted')
      this.#fail(id, { result: 'ERROR_UNKNOWN', code: NACK[state] });
  }

  /** The page gives it up; a refusal of the server has a code. */
  #fail(id: string, word: SendWord): void {
    const { messages, database } = this.#parts;
    const { errorCode } = word;
    messages.change(id, { isSendFailure: true, ...(errorCode === undefined ? {} : { errorCode }) });
    if (word.code !== undefined) messages.setAck(id, -1);
    const failed = messages.get(id);
    this.#forget(id);
    if (failed !== undefined) database.outbox.push(failed);
    this.#end(id, { ...word, isSendFailure: true, ack: failed?.ack });
  }

  #forget(id: string): void {
    const { database } = this.#parts;
    database.outbox = database.outbox.filter((kept) => kept.id !== id);
  }
}
