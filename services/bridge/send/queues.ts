import type { ErrorCode } from '../../contract/errors.ts';
import { within } from '../deadline.ts';
import type { SendDeadline } from './deadline.ts';

/** Acts that run one at a time, in the order in which they asked. */
export class SerialQueue {
  readonly #why: string;
  readonly #code: ErrorCode | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  /** `why` and `code` tell an act that it waited for too long. */
  constructor(why: string, code?: ErrorCode) {
    this.#why = why;
    this.#code = code;
  }

  get isIdle(): boolean {
    return this.#count === 0;
  }

  /** Runs `act` after all that asked before. Once the deadline passes, rejects as `deadline.check` does, and never runs it. */
  async run<T>(deadline: SendDeadline, act: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const own = Promise.withResolvers<void>();
    this.#last = before.then(() => own.promise);
    this.#count += 1;
    try {
      await within(deadline.leftMs, before, this.#why).catch(() => 'the check below refuses it');
      deadline.check(this.#why, this.#code);
      return await act();
    } finally {
      this.#count -= 1;
      own.resolve();
    }
  }
}

/** One queue for each chat: its messages go out in the order in which they came, whatever they need before. */
export class ChatQueues {
  readonly #chats = new Map<string, SerialQueue>();

  async run<T>(chatId: string, deadline: SendDeadline, act: () => Promise<T>): Promise<T> {
    // Not `whatsapp_not_ready`, for which the api holds back all chats.
    const queue =
      this.#chats.get(chatId) ?? new SerialQueue('it waited for other sends to its chat', 'send_failed');
    this.#chats.set(chatId, queue);
    try {
      return await queue.run(deadline, act);
    } finally {
      if (queue.isIdle) this.#chats.delete(chatId);
    }
  }
}
