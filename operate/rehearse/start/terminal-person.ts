import { createInterface } from 'node:readline/promises';
import type { Person } from '../bridge.ts';

export interface TerminalPersonOptions {
  /** Somebody reads and types. */
  readonly isThere: boolean;
  readonly signal: AbortSignal;
  say(text: string): void;
  /** Ctrl-C while a question is open. */
  interrupt(): void;
}

/** Whoever sits at the terminal, with the phones in hand. Without a terminal nobody is asked, and questions have no answer. */
export class TerminalPerson implements Person {
  readonly #options: TerminalPersonOptions;

  constructor(options: TerminalPersonOptions) {
    this.#options = options;
  }

  async timesShown({ label }: { readonly label: string }): Promise<number | undefined> {
    const answer = await this.#ask(
      `\n  Look at the phone: how often is there the message\n    ${label}\n  0, 1, 2, or Enter if you cannot tell: `,
    );
    return answer !== undefined && /^\d$/.test(answer.trim()) ? Number(answer) : undefined;
  }

  async openChat(): Promise<void> {
    this.#options.say('\n  On the other phone, open the chat with you, so that the message is read.');
  }

  async reply(): Promise<boolean> {
    const answer = await this.#ask('\n  On the other phone, write any answer now, then press Enter here: ');
    return answer !== undefined;
  }

  /** Whether the answer is yes. */
  async confirms(question: string): Promise<boolean> {
    return /^y(es)?$/i.test(((await this.#ask(`${question} [y/N] `)) ?? '').trim());
  }

  async #ask(question: string): Promise<string | undefined> {
    const { isThere, signal, interrupt } = this.#options;
    if (!isThere) return undefined;
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    terminal.once('SIGINT', interrupt);
    try {
      return await terminal.question(question, { signal });
    } finally {
      terminal.close();
    }
  }
}
