import { reconnect, reload } from '../page/probe.ts';
import type { WatchedBrowser } from './watched-browser.ts';

/** One step that may bring acknowledgements back. */
export interface RecoveryStep {
  readonly what: string;
  act(browser: WatchedBrowser): Promise<void>;
}

/** The steps that are taken one after the other while acknowledgements are missing, and when the next is due. */
export class RecoveryLadder {
  readonly #stepMs: number;
  #level = 0;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  get isDue(): boolean {
    return performance.now() >= this.#dueAt;
  }

  get isScheduled(): boolean {
    return Number.isFinite(this.#dueAt);
  }

  /** Makes a step due at this time of `performance.now()`. */
  schedule(at: number): void {
    this.#dueAt = at;
  }

  unschedule(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  /** Begins at the first step again. */
  reset(): void {
    this.#level = 0;
  }

  /** Returns the step to take now, and schedules the one after it; undefined when all have been taken. */
  next(): RecoveryStep | undefined {
    const step = STEPS[this.#level];
    this.#level += 1;
    if (step === undefined) this.unschedule();
    else this.schedule(performance.now() + this.#stepMs);
    return step;
  }
}

/** The steps before the last one, which is a new process. */
const STEPS: readonly RecoveryStep[] = [
  { what: 'the page is asked to connect anew', act: (browser) => browser.call('the reconnect', reconnect) },
  { what: 'the page is loaded anew', act: (browser) => browser.call('the reload', reload) },
  {
    what: 'a new browser is started',
    act: async (browser) =>
      browser.end({ kind: 'failed', reason: 'WhatsApp acknowledges nothing: a new browser is tried' }),
  },
];
