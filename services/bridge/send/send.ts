import type { SendAnswer, SendBody } from '../../contract/bridge.ts';
import { preparationOf } from '../../contract/content.ts';
import { ERRORS, KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { within } from '../deadline.ts';
import type { News } from '../events/news.ts';
import type { BridgeLimits } from '../limits.ts';
import { Acks } from './acks.ts';
import { isAction } from './actions.ts';
import { SendDeadline } from './deadline.ts';
import { unknownOutcome } from './errors.ts';
import { onlyLooks, type SendJob, toJob } from './job.ts';
import type { SendingLife } from './life.ts';
import { type KeptAnswer, SendMemory } from './memory.ts';
import { type Placement, Placing } from './placing.ts';
import { ChatTurns } from './turns.ts';

/** How long the reason of a refusal may come after the refusal. */
const REASON_MS = 500;

interface UnderWay {
  readonly outcome: Promise<SendAnswer>;
  readonly job: SendJob;
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
  readonly #readyLife: () => SendingLife;
  readonly #limits: BridgeLimits;
  readonly #memory = new SendMemory();
  readonly #placing: Placing;
  readonly #underWay = new Map<string, UnderWay>();
  readonly #chats = new ChatTurns();
  #isClosed = false;

  /** `readyLife` throws `whatsapp_not_ready`. */
  constructor(readyLife: () => SendingLife, limits: BridgeLimits, log: Log) {
    this.#readyLife = readyLife;
    this.#limits = limits;
    this.#placing = new Placing(readyLife, this.acks, this.#memory, limits, log);
  }

  /**
   * Settles within `sendMs` and `ackWaitMs` of its call, and `uploadMs` for a medium, however many wait: the caller
   * gives up soon after that, and a message that goes out later would be sent twice. Throws `whatsapp_not_ready`,
   * `recipient_*`, `chat_unknown`, `media_unusable`, `upload_failed`, `not_found`, `send_failed`, `send_refused` and
   * `outcome_unknown`.
   */
  async send(body: SendBody): Promise<SendAnswer> {
    const job = toJob(body);
    const { sendMs, uploadMs } = this.#limits;
    const isUpload = preparationOf(job.content) === 'upload';
    const deadline = new SendDeadline(isUpload ? sendMs + uploadMs : sendMs);
    for (;;) {
      const other = this.#underWay.get(job.stanzaId);
      if (other === undefined) break;
      if (onlyLooks(job) && !onlyLooks(other.job)) {
        if (!(await this.#isCalledOff(other))) return other.outcome;
      } else if (onlyLooks(job) || !onlyLooks(other.job)) return other.outcome;
      else await other.outcome.catch(() => 'it was only to look: this one sends');
    }
    if (this.#isClosed) throw new KitError('whatsapp_not_ready', 'the bridge is closing');
    const outcome = this.#send(job, deadline).finally(() => this.#ended(job));
    this.#underWay.set(job.stanzaId, { outcome, job });
    return outcome;
  }

  /** Takes what WhatsApp tells of own messages. */
  take(news: News): void {
    if (news.kind === 'ack') this.acks.record(news.message.stanza_id, news.ack);
    if (news.kind !== 'message_sent') return;
    const { message } = news;
    if (message.ack !== 0) this.acks.record(message.stanza_id, message.ack);
    this.#placing.adding.take(message);
  }

  /** Refuses any further send, and gives up uploads and previews; resolves when no send is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#placing.preparing.close();
    while (this.#underWay.size > 0)
      await Promise.allSettled([...this.#underWay.values()].map(({ outcome }) => outcome));
  }

  /** Calls off a send that nobody wants to be sent any more; false when it was too late for that. */
  async #isCalledOff({ outcome, job }: UnderWay): Promise<boolean> {
    const reason = new KitError('send_failed', 'nothing was sent: the send was called off');
    job.callOff.abort(reason);
    return outcome.then(
      () => false,
      (error: unknown) => error === job.callOff.signal.reason,
    );
  }

  #ended({ stanzaId }: SendJob): void {
    this.#underWay.delete(stanzaId);
    if (this.#underWay.size === 0 && !this.#isClosed) this.#placing.preparing.rest();
  }

  async #send(job: SendJob, deadline: SendDeadline): Promise<SendAnswer> {
    const kept = this.#memory.answerOf(job.stanzaId);
    const again = kept === undefined ? undefined : await this.#answerAgain(job, kept);
    if (again !== undefined) return again;
    this.#readyLife();
    const { content } = job;
    try {
      const done = await this.#chats.take(job.chatId, deadline, async () => {
        job.callOff.signal.throwIfAborted();
        const life = this.#readyLife();
        if (!isAction(content)) return this.#placing.place(life, job, content, deadline);
        const answer = await this.#placing.act(life, job, content, deadline);
        return { answer, stanzaId: undefined, signal: life.signal };
      });
      return 'answer' in done ? this.#keep(job, done) : await this.#acknowledged(job, done);
    } catch (error) {
      if (job.isRepeatable && error instanceof KitError && ERRORS[error.code].leavesDoubt)
        this.#memory.doubt(job.stanzaId);
      throw error;
    }
  }

  /** The answer of an earlier call; undefined when it no longer says where the message is. */
  async #answerAgain(
    job: SendJob,
    { answer, stanzaId, signal }: KeptAnswer,
  ): Promise<SendAnswer | undefined> {
    if (stanzaId === undefined) return answer;
    const known = this.acks.of(stanzaId);
    if (known >= 0 && known + answer.ack > 0) return { ...answer, ack: Math.max(known, answer.ack) };
    if (known === 0 && job.retry === undefined && !signal.aborted) {
      const ack = await this.acks.settled(stanzaId, this.#limits.ackWaitMs, signal);
      if (ack > 0 || (ack === 0 && !signal.aborted)) return { ...answer, ack };
    }
    this.#memory.doubt(job.stanzaId);
    return undefined;
  }

  async #acknowledged(job: SendJob, { message, refusal, life }: Placement): Promise<SendAnswer> {
    const { id, stanza_id, chat_id, timestamp } = message;
    void refusal.then((error) => error && this.acks.record(stanza_id, -1));
    const ack = await this.acks.settled(stanza_id, this.#limits.ackWaitMs, life.signal);
    if (ack < 0) {
      const why = await within(REASON_MS, refusal, 'the reason of a refusal').catch(() => undefined);
      throw why ?? new KitError('send_refused', `WhatsApp refused ${id} (ack -1)`);
    }
    if (ack === 0 && life.signal.aborted) throw unknownOutcome(id, life.signal.reason);
    const answer = { success: true, messageId: id, chatId: chat_id, ack, timestamp } as const;
    return this.#keep(job, { answer, stanzaId: stanza_id, signal: life.signal });
  }

  #keep(job: SendJob, kept: KeptAnswer): SendAnswer {
    if (job.isRepeatable) this.#memory.keep(job.stanzaId, kept);
    return kept.answer;
  }
}
