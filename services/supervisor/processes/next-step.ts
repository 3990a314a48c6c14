import { describeTrouble, type MachineTrouble } from '../../runtime/process/machine-trouble.ts';
import { type RestartLimits, RestartPolicy } from './restart-policy.ts';
import type { RunEnd } from './run-end.ts';

/** What follows the end of a run. */
export interface NextStep {
  readonly state: 'restarting' | 'failed';
  /** Stands in /health, so it is fit for strangers: no port, path or pid. */
  readonly reason: string;
  readonly startInMs: number;
  /** Of the log line. */
  readonly level: 'error' | 'warn' | 'debug';
  readonly text: string;
}

/** Decides what follows each end of the runs of one service, and puts it into words. */
export class NextSteps {
  readonly #name: string;
  readonly #policy: RestartPolicy;
  #trouble: MachineTrouble | undefined;

  constructor(name: string, limits: RestartLimits) {
    this.#name = name;
    this.#policy = new RestartPolicy(limits);
  }

  /** What the machine lacked at the last end. */
  get trouble(): MachineTrouble | undefined {
    return this.#trouble;
  }

  /** It ended because it was asked to. */
  afterRequest({ how }: RunEnd): NextStep {
    this.#trouble = undefined;
    return this.#restart(how, 0);
  }

  after(end: RunEnd, wasReady: boolean): NextStep {
    const { how, ranMs, trouble } = end;
    if (trouble !== undefined) return this.#afterTrouble(end, trouble, wasReady);
    this.#trouble = undefined;
    const verdict = this.#policy.ended(ranMs, wasReady);
    return 'failed' in verdict ? this.#fail(how) : this.#restart(how, verdict.restartInMs);
  }

  /** The machine gives again what it lacked. Gives whether it had lacked anything. */
  forgetTrouble(): boolean {
    const hadTrouble = this.#trouble !== undefined;
    this.#trouble = undefined;
    return hadTrouble;
  }

  /** Begins anew, as if nothing had failed. */
  forget(): void {
    this.#policy.forget();
  }

  #restart(how: string, startInMs: number): NextStep {
    return {
      state: 'restarting',
      reason: `it ${how}`,
      startInMs,
      level: 'warn',
      text: `${this.#name} ${how}: starting it again in ${startInMs} ms`,
    };
  }

  /** Never makes it failed: the machine may be well again at any time, and nobody may be there to say so. */
  #afterTrouble({ how, ranMs }: RunEnd, trouble: MachineTrouble, wasReady: boolean): NextStep {
    const isNew = trouble !== this.#trouble;
    this.#trouble = trouble;
    const reason = `trouble of the machine, not of this service: ${describeTrouble(trouble)}; the service is tried again until that is over`;
    return {
      state: 'restarting',
      reason,
      startInMs: this.#policy.endedByMachine(ranMs, wasReady).restartInMs,
      // One line for each change.
      level: isNew ? 'error' : 'debug',
      text: `${this.#name} ${how}: ${reason}`,
    };
  }

  #fail(how: string): NextStep {
    const startInMs = this.#policy.retryFailedMs();
    const seconds = Math.round(startInMs / 1_000);
    const reason = `crash loop: it ${how}, ${this.#policy.quickFailures} times in a row; its log says why; it is tried again after ${seconds} s; to try at once, restart the kit, or send SIGHUP to its supervisor`;
    return {
      state: 'failed',
      reason,
      startInMs,
      level: 'error',
      text: `${this.#name} has failed: ${reason}`,
    };
  }
}
