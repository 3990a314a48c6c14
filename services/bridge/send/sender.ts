import type { ResolveAnswer, ResolveBody, SendAnswer, SendBody } from '../../contract/bridge.ts';
import { type BridgeContent, preparationOf } from '../../contract/content.ts';
import { ERRORS, KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { within } from '../deadline.ts';
import type { BridgeLimits } from '../limits.ts';
import type { InboundEvent } from '../page/inbound-events.ts';
import { Acks } from './acks.ts';
import { isAction } from './actions.ts';
import { MessageChanger } from './changer.ts';
import { SendDeadline } from './deadline.ts';
import { isFailureOfPage, unknownOutcome } from './errors.ts';
import { PageQuestions } from './page-questions.ts';
import { type PlacedSend, SendPipeline } from './pipeline.ts';
import { ChatQueues } from './queues.ts';
import { type RecentAnswer, RecentSends } from './recent-sends.ts';
import { refusalIn } from './refusals.ts';
import { isOfAccount, onlyLooks, type SendRequest, toSendRequest } from './request.ts';
import { Resolver } from './resolver.ts';
import type { SendingBrowser } from './sending-browser.ts';

/** How long the reason of a refusal may come after the refusal. */
const REASON_MS = 500;

interface UnderWay {
  readonly outcome: Promise<SendAnswer>;
  readonly request: SendRequest;
}

/**
 * Sends the messages of each chat in the order in which they came, and prepares those of several chats at the same time.
 * Adds one message at a time to the page, each under an id chosen before, and waits for the acknowledgement of
 * WhatsApp's server, meanwhile sending the next. Each id is sent at most once, however often it is asked for: a call
 * that comes meanwhile gets the same outcome, a later one the same answer, and after an unknown outcome the bridge looks
 * for the message first. A failure is either certain not to have sent, or `outcome_unknown` with the id.
 */
export class Sender {
  readonly acks = new Acks();
  readonly #readyBrowser: () => SendingBrowser;
  readonly #limits: BridgeLimits;
  readonly #recent = new RecentSends();
  readonly #pipeline: SendPipeline;
  readonly #changer: MessageChanger;
  readonly #resolver: Resolver;
  readonly #underWay = new Map<string, UnderWay>();
  readonly #chats = new ChatQueues();
  readonly #doubt: () => void;
  #isClosed = false;

  /**
   * `readyBrowser` throws `whatsapp_not_ready`, and `demand` throws `page_incompatible`. `doubt` is called when the page
   * itself fails at a send.
   */
  constructor(
    readyBrowser: () => SendingBrowser,
    limits: BridgeLimits,
    log: Log,
    demand: (content: BridgeContent) => void = () => undefined,
    doubt: () => void = () => undefined,
  ) {
    this.#readyBrowser = readyBrowser;
    this.#doubt = doubt;
    this.#limits = limits;
    const questions = new PageQuestions(limits, () => this.#forgetAccount());
    this.#pipeline = new SendPipeline(readyBrowser, questions, this.acks, this.#recent, limits, log, demand);
    this.#changer = new MessageChanger(questions, demand);
    this.#resolver = new Resolver(readyBrowser, questions.recipients, limits);
  }

  /**
   * Settles within `sendMs` and `ackWaitMs` of its call, and `uploadMs` for a medium, however many wait: the caller
   * gives up soon after that, and a message that goes out later would be sent twice. Throws `whatsapp_not_ready`,
   * `account_changed`, `recipient_*`, `chat_unknown`, `media_unusable`, `upload_failed`, `not_found`, `send_failed`, `send_refused` and
   * `outcome_unknown`.
   */
  async send(body: SendBody): Promise<SendAnswer> {
    const request = toSendRequest(body);
    const { sendMs, uploadMs } = this.#limits;
    const isUpload = preparationOf(request.content) === 'upload';
    const deadline = new SendDeadline(isUpload ? sendMs + uploadMs : sendMs);
    for (;;) {
      const other = this.#underWay.get(request.stanzaId);
      if (other === undefined) break;
      if (!isSameAccount(request, other.request)) await other.outcome.catch(() => 'it was another account');
      else if (onlyLooks(request) && !onlyLooks(other.request)) {
        if (!(await this.#isCalledOff(other))) return other.outcome;
      } else if (onlyLooks(request) || !onlyLooks(other.request)) return other.outcome;
      else await other.outcome.catch(() => 'it was only to look: this one sends');
    }
    if (this.#isClosed) throw new KitError('whatsapp_not_ready', 'the bridge is closing');
    const outcome = this.#send(request, deadline).finally(() => this.#ended(request));
    this.#underWay.set(request.stanzaId, { outcome, request });
    return outcome;
  }

  /** Who a number or a LID is. Throws what `Resolver.resolve` throws. */
  async resolve(body: ResolveBody): Promise<ResolveAnswer> {
    if (this.#isClosed) throw new KitError('whatsapp_not_ready', 'the bridge is closing');
    return this.#resolver.resolve(body);
  }

  /** Takes what WhatsApp tells of own messages. */
  take(event: InboundEvent): void {
    if (event.kind === 'ack') this.acks.record(event.message.stanza_id, event.ack);
    if (event.kind !== 'message_sent') return;
    const { message } = event;
    if (message.ack !== 0) this.acks.record(message.stanza_id, message.ack);
    this.#pipeline.adder.take(message);
  }

  /** Refuses any further send, and gives up uploads and previews; resolves when no send is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pipeline.preparer.close();
    while (this.#underWay.size > 0)
      await Promise.allSettled([...this.#underWay.values()].map(({ outcome }) => outcome));
  }

  /** Calls off a send that nobody wants to be sent any more; false when it was too late for that. */
  async #isCalledOff({ outcome, request }: UnderWay): Promise<boolean> {
    const reason = new KitError('send_failed', 'nothing was sent: the send was called off');
    request.callOff.abort(reason);
    return outcome.then(
      () => false,
      (error: unknown) => error === request.callOff.signal.reason,
    );
  }

  #ended({ stanzaId }: SendRequest): void {
    this.#underWay.delete(stanzaId);
    if (this.#underWay.size === 0 && !this.#isClosed) this.#pipeline.preparer.rest();
  }

  async #send(request: SendRequest, deadline: SendDeadline): Promise<SendAnswer> {
    const kept = this.#recent.answerOf(request.stanzaId);
    const isKept = kept !== undefined && isOfAccount(request, kept.account);
    const again = isKept ? await this.#answerAgain(request, kept) : undefined;
    if (again !== undefined) return again;
    this.#readyBrowser();
    const { content } = request;
    try {
      const done = await this.#chats.run(request.chatId, deadline, async () => {
        request.callOff.signal.throwIfAborted();
        const browser = this.#readyBrowser();
        const asked = { browser, request, deadline };
        if (!isAction(content)) return this.#pipeline.send(asked, content);
        const done = await this.#changer.change(asked, content);
        return { ...done, stanzaId: undefined, signal: browser.signal };
      });
      return 'answer' in done ? this.#keep(request, done) : await this.#acknowledged(request, done);
    } catch (error) {
      if (request.isRepeatable && error instanceof KitError && ERRORS[error.code].leavesDoubt)
        this.#recent.doubt(request.stanzaId);
      if (isFailureOfPage(error)) this.#doubt();
      throw error;
    }
  }

  /** The answer of an earlier call; undefined when it no longer says where the message is. */
  async #answerAgain(
    request: SendRequest,
    { answer, stanzaId, signal }: RecentAnswer,
  ): Promise<SendAnswer | undefined> {
    if (stanzaId === undefined) return answer;
    const known = this.acks.of(stanzaId);
    if (known >= 0 && known + answer.ack > 0) return { ...answer, ack: Math.max(known, answer.ack) };
    if (known === 0 && request.retry === undefined && !signal.aborted) {
      const ack = await this.acks.settled(stanzaId, this.#limits.ackWaitMs, signal);
      if (ack > 0 || (ack === 0 && !signal.aborted)) return { ...answer, ack };
    }
    this.#recent.doubt(request.stanzaId);
    return undefined;
  }

  async #acknowledged(
    request: SendRequest,
    { message, refusal, browser, person, account }: PlacedSend,
  ): Promise<SendAnswer> {
    const { id, stanza_id, chat_id, timestamp } = message;
    const refused = new AbortController();
    void refusal.then((error) => error && refused.abort(error));
    const over = AbortSignal.any([browser.signal, refused.signal]);
    const ack = await this.acks.settled(stanza_id, this.#limits.ackWaitMs, over);
    if (ack < 1 && refused.signal.aborted) throw refused.signal.reason;
    if (ack < 0) {
      const why = await within(REASON_MS, refusal, 'the reason of a refusal').catch(() => undefined);
      throw why ?? refusalIn({ result: 'a refusal without a code', ack }, request.chatId);
    }
    if (ack === 0 && browser.signal.aborted) throw unknownOutcome(id, browser.signal.reason);
    const whose = person === undefined ? {} : { person };
    const answer = { success: true, messageId: id, chatId: chat_id, ...whose, ack, timestamp } as const;
    return this.#keep(request, { answer, stanzaId: stanza_id, signal: browser.signal, account });
  }

  #forgetAccount(): void {
    this.#recent.clear();
    this.acks.clear();
  }

  #keep(request: SendRequest, kept: RecentAnswer): SendAnswer {
    if (request.isRepeatable) this.#recent.keep(request.stanzaId, kept);
    return kept.answer;
  }
}

function isSameAccount({ account }: SendRequest, other: SendRequest): boolean {
  return isOfAccount(other, account === undefined ? [] : [account]);
}
