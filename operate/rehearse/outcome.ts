/** What a step has shown, with its reason where it is not as expected. */
export type Verdict = 'as expected' | 'different' | 'failed' | 'not tried';

/** What may stand in the report: numbers, words of this program, and shapes. `publish` (`publish.ts`) lets nothing else through. */
export type Fact = boolean | number | string | readonly Fact[] | { readonly [name: string]: Fact };
export type Facts = Readonly<Record<string, Fact>>;

export interface StepOutcome {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly facts: Facts;
}

/** Collects what one step finds. What was found before an error or Ctrl-C is kept. */
export class Findings {
  readonly #facts: Record<string, Fact> = {};
  readonly #different: string[] = [];
  readonly #failed: string[] = [];
  #notTried: string | undefined;

  /** Undefined is left out. */
  fact(name: string, value: Fact | undefined): void {
    if (value !== undefined) this.#facts[name] = value;
  }

  /** WhatsApp does something else than the kit assumes, which does not make the step fail. */
  differs(reason: string): void {
    this.#different.push(reason);
  }

  fails(reason: string): void {
    this.#failed.push(reason);
  }

  notTried(reason: string): void {
    this.#notTried = reason;
  }

  get outcome(): StepOutcome {
    const reasons = [...this.#failed, ...this.#different];
    const verdict =
      this.#failed.length > 0 ? 'failed' : this.#different.length > 0 ? 'different' : 'as expected';
    if (this.#notTried === undefined) return { verdict, reasons, facts: this.#facts };
    // What has failed before an interruption has failed.
    if (verdict === 'failed') return { verdict, reasons: [...reasons, this.#notTried], facts: this.#facts };
    return { verdict: 'not tried', reasons: [this.#notTried, ...reasons], facts: this.#facts };
  }
}
