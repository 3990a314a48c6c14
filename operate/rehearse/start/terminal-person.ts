import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Person } from '../bridge.ts';

export interface TerminalPersonOptions {
  /** Somebody reads and types. */
  readonly isThere: boolean;
  readonly signal: AbortSignal;
  readonly input?: NodeJS.ReadableStream;
  readonly output?: NodeJS.WritableStream;
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

  async usePasskey({ snippet }: Parameters<Person['usePasskey']>[0]): Promise<string | undefined> {
    if (!this.#options.isThere) return undefined;
    this.#options.say(`
  The account has a passkey, which only a browser tab at https://web.whatsapp.com can use (unproven on the
  real WhatsApp): open such a tab in a browser that can use the passkey, open its console, paste this, use the
  passkey, and copy the line that it prints.

${snippet}
`);
    return this.#ask('  Paste that line here: ');
  }

  async showsCode(code: string): Promise<boolean> {
    return this.confirms(`\n  Does the phone show the code ${code}?`);
  }

  /** Whether the answer is yes. */
  async confirms(question: string): Promise<boolean> {
    return /^y(es)?$/i.test(((await this.#ask(`${question} [y/N] `)) ?? '').trim());
  }

  /** Undefined when nobody is there, and at the end of the input (Ctrl-D). Rejects at Ctrl-C. */
  async #ask(question: string): Promise<string | undefined> {
    const { isThere, signal, interrupt, input = process.stdin, output = process.stdout } = this.#options;
    if (!isThere) return undefined;
    const terminal = createInterface({ input, output });
    terminal.once('SIGINT', interrupt);
    // A question that is open when the input ends is never answered.
    const closed = once(terminal, 'close').then(() => undefined);
    try {
      return await Promise.race([terminal.question(question, { signal }), closed]);
    } finally {
      terminal.close();
    }
  }
}
