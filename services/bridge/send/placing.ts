import type { SendAnswer } from '../../contract/bridge.ts';
import { errorText, KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { BridgeLimits } from '../limits.ts';
import type { NewContent } from '../page/content.ts';
import type { FoundMessage } from '../page/data.ts';
import type { Acks } from './acks.ts';
import { type Action, isDone, perform, whyNot } from './actions.ts';
import { type Added, Adding } from './adding.ts';
import type { SendDeadline } from './deadline.ts';
import { isAlreadyThere, isPageError, refusalOf, unknownOutcome, unsent } from './errors.ts';
import { onlyLooks, type SendJob } from './job.ts';
import type { SendingLife, SendingPage } from './life.ts';
import { lookForTrace, type Trace } from './look.ts';
import type { SendMemory } from './memory.ts';
import { Preparing, type Situation } from './preparing.ts';
import { Recipients } from './recipients.ts';
import { Turns } from './turns.ts';

/** A send that is through in the page, in the browser that holds the message. */
export interface Placement extends Added {
  readonly life: SendingLife;
}

/**
 * What is done for one send once those before it in its chat are through: its recipient, what an earlier call left, its
 * preparation; then, in the one turn of all chats, the message itself.
 */
export class Placing {
  readonly adding: Adding;
  readonly preparing: Preparing;
  readonly #readyLife: () => SendingLife;
  readonly #turns = new Turns('it waited for other sends');
  readonly #acks: Acks;
  readonly #memory: SendMemory;
  readonly #limits: BridgeLimits;
  readonly #recipients = new Recipients();

  /** `readyLife` throws `whatsapp_not_ready`. */
  constructor(readyLife: () => SendingLife, acks: Acks, memory: SendMemory, limits: BridgeLimits, log: Log) {
    this.adding = new Adding(acks, limits, log);
    this.preparing = new Preparing(readyLife, limits, log);
    this.#readyLife = readyLife;
    this.#acks = acks;
    this.#memory = memory;
    this.#limits = limits;
  }

  /** Puts a message into its chat, unless it is there. Throws what `Sender.send` throws, but for what acks tell. */
  async place(
    life: SendingLife,
    job: SendJob,
    content: NewContent,
    deadline: SendDeadline,
  ): Promise<Placement> {
    const address = await this.#addressOf(life, job, deadline);
    const isDoubtful = job.retry !== undefined || this.#memory.isDoubtful(job.stanzaId);
    const placing = { life, job, content, deadline, address, isDoubtful };
    if (isDoubtful) return this.#addUnlessThere(placing);
    try {
      return await this.#add(placing, job.stanzaId);
    } catch (error) {
      // Sent by an earlier process, or refused by WhatsApp a while ago.
      if (isAlreadyThere(error)) return this.#addUnlessThere(placing);
      throw error;
    }
  }

  /** Changes a message that is there. */
  async act(life: SendingLife, job: SendJob, action: Action, deadline: SendDeadline): Promise<SendAnswer> {
    const address = await this.#addressOf(life, job, deadline);
    const target = await this.#find(life, job, action.target, address, deadline);
    if (target === undefined) throw unknownMessage('target', action.target);
    const { id: messageId, chat_id: chatId } = target;
    const done = { success: true, messageId, chatId, ack: 1, timestamp: now() } as const;
    if (isDone(action, target)) return done;
    if (onlyLooks(job)) throw new KitError('not_found', `${messageId} is as it was`);
    const refusal = whyNot(action, target);
    if (refusal !== undefined) throw refusal;
    return this.#inTurn(life, deadline, async () => {
      await this.#perform(life, job, action, target, deadline);
      return done;
    });
  }

  async #perform(
    life: SendingLife,
    job: SendJob,
    action: Action,
    target: FoundMessage,
    deadline: SendDeadline,
  ): Promise<void> {
    const leftMs = deadline.check('what comes before it took too long');
    try {
      await life.call(`the ${action.kind}`, (page) => perform(page, action, target), leftMs);
    } catch (error) {
      if (error instanceof KitError) throw error;
      if (isPageError(error)) throw refusalOf(error, job.chatId);
      // Or it might be done after the next change to the same message.
      life.end({ kind: 'failed', reason: `the ${action.kind} of a message hung: ${errorText(error)}` });
      throw unknownOutcome(target.id, error);
    }
  }

  async #addUnlessThere(placing: Situation): Promise<Placement> {
    const { life, job } = placing;
    const trace = await this.#look(placing);
    if (trace.message !== undefined) {
      const { message } = trace;
      this.#acks.record(message.stanza_id, message.ack);
      this.#memory.own(message.stanza_id, job.stanzaId);
      return { life, message, refusal: Promise.resolve(undefined) };
    }
    this.#memory.forget(job.stanzaId);
    if (onlyLooks(job)) throw new KitError('not_found', `message ${job.stanzaId} was not sent`);
    return this.#add(placing, trace.freeId);
  }

  async #look({ life, job, address, deadline }: Situation): Promise<Trace> {
    const known = {
      // What another process has tried may have met another page.
      areChosen: this.adding.areIdsChosen && this.#memory.isDoubtful(job.stanzaId),
      isOfAnother: (stanzaId: string, id: string) => this.#memory.isOfAnother(stanzaId, id),
    };
    return this.#ask(life, 'the look for an earlier try', job, deadline, (page) =>
      lookForTrace(page, job, address, known),
    );
  }

  async #add(placing: Situation, stanzaId: string): Promise<Placement> {
    const { life, job, content, deadline, address } = placing;
    const { reply_to } = content;
    const quoted =
      reply_to === undefined ? undefined : await this.#find(life, job, reply_to, address, deadline);
    if (reply_to !== undefined && quoted === undefined) throw unknownMessage('reply_to', reply_to);
    const addition = { chatId: job.chatId, address, content, stanzaId, quotedId: quoted?.id };
    const added = await this.preparing.prepare(placing, (prepared) =>
      this.#inTurn(life, deadline, () => {
        job.callOff.signal.throwIfAborted();
        return this.adding.add(life, { ...addition, prepared }, deadline);
      }),
    );
    this.#memory.own(added.message.stanza_id, job.stanzaId);
    return { life, ...added };
  }

  /** Runs when all that came before is through with the page; only in the browser that it was prepared for. */
  #inTurn<T>(life: SendingLife, deadline: SendDeadline, act: () => Promise<T>): Promise<T> {
    return this.#turns.take(deadline, async () => {
      if (this.#readyLife() === life) return act();
      throw new KitError('whatsapp_not_ready', 'nothing was sent: another browser has started meanwhile');
    });
  }

  #find(
    life: SendingLife,
    job: SendJob,
    id: string,
    address: string,
    deadline: SendDeadline,
  ): Promise<FoundMessage | undefined> {
    return this.#ask(life, 'the look for a message', job, deadline, ({ sends }) => sends.find(id, address));
  }

  async #addressOf(life: SendingLife, { chatId }: SendJob, deadline: SendDeadline): Promise<string> {
    try {
      return await this.#recipients.addressOf(life, chatId, Math.min(this.#limits.callMs, deadline.leftMs));
    } catch (error) {
      throw unsent(error, chatId);
    }
  }

  /** A question to the page, before anything is sent: a browser that fails here leaves no doubt. */
  async #ask<T>(
    life: SendingLife,
    what: string,
    { chatId }: SendJob,
    deadline: SendDeadline,
    act: (page: SendingPage) => Promise<T>,
  ): Promise<T> {
    const ms = Math.min(this.#limits.callMs, deadline.check('what comes before it took too long'));
    try {
      return await life.call(what, act, ms);
    } catch (error) {
      throw unsent(error, chatId);
    }
  }
}

function unknownMessage(field: string, id: string): KitError {
  return new KitError('not_found', `${field}: this device knows no message ${id} in the chat`);
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
