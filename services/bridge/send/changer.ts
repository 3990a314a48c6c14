import type { SendAnswer } from '../../contract/bridge.ts';
import type { BridgeContent } from '../../contract/content.ts';
import { errorText, KitError } from '../../contract/errors.ts';
import type { FoundMessage } from '../page/data.ts';
import { isPageError } from '../page/errors.ts';
import { type Action, isDone, perform, unknownMessage, whyNot } from './actions.ts';
import { refusalOf, unknownOutcome } from './errors.ts';
import type { AskedFor, PageQuestions } from './page-questions.ts';
import { onlyLooks } from './request.ts';

/** Before its deadline, the page must have time to say that a deletion is not through. */
const ANSWER_MS = 500;

/** A change that is through, and the ids of the account that made it; none where no page has said. */
export interface DoneChange {
  readonly answer: SendAnswer;
  readonly account: readonly string[];
}

/** Reacts to messages that are there, edits and deletes them. */
export class MessageChanger {
  readonly #questions: PageQuestions;
  readonly #demand: (content: BridgeContent) => void;

  /** `demand` throws `page_incompatible`. */
  constructor(questions: PageQuestions, demand: (content: BridgeContent) => void) {
    this.#questions = questions;
    this.#demand = demand;
  }

  /** Throws what `Sender.send` throws. */
  async change(asked: AskedFor, action: Action): Promise<DoneChange> {
    const { request } = asked;
    if (request.retry === undefined) this.#demand(action);
    const account = await this.#questions.accountOf(asked);
    const { address, person } = await this.#questions.recipientOf(asked);
    const target = await this.#questions.find(asked, action.target, address);
    if (target === undefined) throw unknownMessage('target', action.target);
    const { id: messageId, chat_id: chatId } = target;
    const whose = person === undefined ? {} : { person };
    const answer = { success: true, messageId, chatId, ...whose, ack: 1, timestamp: now() } as const;
    if (isDone(action, target)) return { answer, account };
    if (onlyLooks(request)) throw new KitError('not_found', `${messageId} is as it was`);
    this.#demand(action);
    const refusal = whyNot(action, target);
    if (refusal !== undefined) throw refusal;
    await this.#perform(asked, action, target);
    return { answer, account };
  }

  /** Outside the turn of the sends: WhatsApp's server may take long, and a change cannot be taken for another message. */
  async #perform(
    { browser, request, deadline }: AskedFor,
    action: Action,
    target: FoundMessage,
  ): Promise<void> {
    const { chatId, account } = request;
    const leftMs = deadline.check('what comes before it took too long');
    try {
      const notAfter = Date.now() + Math.max(0, leftMs - ANSWER_MS);
      await browser.call(
        `the ${action.kind}`,
        (page) => perform(page, action, target, notAfter, account),
        leftMs,
      );
    } catch (error) {
      if (error instanceof KitError) throw error;
      if (isPageError(error)) throw refusalOf(error, chatId);
      // Or it might be done after the next change to the same message.
      browser.end({ kind: 'failed', reason: `the ${action.kind} of a message hung: ${errorText(error)}` });
      throw unknownOutcome(target.id, error);
    }
  }
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
