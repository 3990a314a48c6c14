import type { SendAnswer } from '../contract/bridge.ts';
import { errorText, KitError } from '../contract/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Acks } from './acks.ts';
import type { BridgeLimits } from './limits.ts';
import type { FoundMessage } from './page-data.ts';
import { Recipients } from './recipients.ts';
import { type Action, isDone, perform, whyNot } from './send-actions.ts';
import { type Added, Adding } from './send-adding.ts';
import type { SendDeadline } from './send-deadline.ts';
import { isAlreadyThere, isPageError, refusalOf, unknownOutcome } from './send-errors.ts';
import { onlyLooks, type SendJob } from './send-job.ts';
import type { SendingLife, SendingPage } from './send-life.ts';
import { lookForTrace, type Trace } from './send-look.ts';
import type { SendMemory } from './send-memory.ts';
import type { NewContent } from './whatsapp-content.ts';

/** What looks like a link: only for those does the library look for a preview, which takes a while. */
const LINK = /https?:\/\/|www\./i;

/** A send that is through in the page, in the browser that holds the message. */
export interface Placement extends Added {
  readonly life: SendingLife;
}

/** What is done for one send when it has its turn: its recipient, what an earlier call left, then the message itself. */
export class Placing {
  readonly adding: Adding;
  readonly #acks: Acks;
  readonly #memory: SendMemory;
  readonly #limits: BridgeLimits;
  readonly #recipients = new Recipients();

  constructor(acks: Acks, memory: SendMemory, limits: BridgeLimits, log: Log) {
    this.adding = new Adding(acks, limits, log);
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
    const leftMs = deadline.check('what comes before it took too long');
    try {
      await life.call(`the ${action.kind}`, (page) => perform(page, action, target), leftMs);
      return done;
    } catch (error) {
      if (error instanceof KitError) throw error;
      if (isPageError(error)) throw refusalOf(error, job.chatId);
      // Or it might be done after the next change to the same message.
      life.end({ kind: 'failed', reason: `the ${action.kind} of a message hung: ${errorText(error)}` });
      throw unknownOutcome(messageId, error);
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
    const { life, job, content, deadline, address, isDoubtful } = placing;
    const { reply_to } = content;
    const quoted =
      reply_to === undefined ? undefined : await this.#find(life, job, reply_to, address, deadline);
    if (reply_to !== undefined && quoted === undefined) throw unknownMessage('reply_to', reply_to);
    // A preview is the one part that waits for others: what has failed once goes without.
    const linkPreview = content.kind === 'text' && LINK.test(content.text) && !isDoubtful;
    const addition = { chatId: job.chatId, address, content, stanzaId, quotedId: quoted?.id, linkPreview };
    const added = await this.adding.add(life, addition, deadline);
    this.#memory.own(added.message.stanza_id, job.stanzaId);
    return { life, ...added };
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

interface Situation {
  readonly life: SendingLife;
  readonly job: SendJob;
  readonly content: NewContent;
  readonly deadline: SendDeadline;
  readonly address: string;
  /** An earlier call may have got through. */
  readonly isDoubtful: boolean;
}

function unsent(error: unknown, chatId: string): KitError {
  if (error instanceof KitError) return error;
  if (isPageError(error)) return refusalOf(error, chatId);
  return new KitError('whatsapp_not_ready', `nothing was sent: ${errorText(error)}`, { cause: error });
}

function unknownMessage(field: string, id: string): KitError {
  return new KitError('not_found', `${field}: this device knows no message ${id} in the chat`);
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
