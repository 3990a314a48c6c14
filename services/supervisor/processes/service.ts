import { setTimeout as sleep } from 'node:timers/promises';
import type { Pressure } from '../../contract/pressure.ts';
import type { Log } from '../../runtime/log.ts';
import { troubleOf } from '../../runtime/process/machine-trouble.ts';
import {
  CLOSED_MESSAGE,
  KIT_STOPS_MESSAGE,
  pressureIn,
  SIGNALED_MESSAGE,
} from '../../runtime/process/supervisor-messages.ts';
import { watchLiveness } from './liveness.ts';
import { NextSteps } from './next-step.ts';
import { describeNotReady, pollReady } from './readiness.ts';
import type { RunEnd } from './run-end.ts';
import type { ServicePlan } from './service-plan.ts';
import { ServiceRun } from './service-run.ts';

/** What a service keeps of its time to end after it has drained, before it is killed. */
const REPORT_MS = 300;
/** A signal sent to a service alone means: this one. One to all means: the kit, and reaches the supervisor by then. */
const SIGNAL_TO_ALL_WITHIN_MS = 500;

export type ServiceState =
  | 'waiting'
  | 'starting'
  | 'ready'
  | 'restarting'
  | 'failed'
  | 'stopping'
  | 'stopped';

export interface ServiceHooks {
  readonly onOutput: (service: string, stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  readonly onOutputEnd: (service: string) => void;
  readonly onFailed: (service: Service) => void;
  /** It has failed more than once in a row, and is about to be started again: the time to look why. Never rejects. */
  readonly beforeRetry?: (service: Service) => Promise<void>;
  /** The whole kit is being stopped. */
  readonly isKitStopping: () => boolean;
  readonly log: Log;
}

/** One supervised process: started, watched, started again, stopped. */
export class Service {
  readonly name: string;
  /** How the next run goes. */
  plan: ServicePlan;
  state: ServiceState = 'waiting';
  /** Why it is not ready, in words fit for strangers. */
  reason: string | undefined;
  since = new Date();
  /** When it is started again, while it waits for that. */
  nextTry: Date | undefined;
  restarts = 0;
  /** Its resources that are near their limits, as far as it reports them. */
  pressure: readonly Pressure[] = [];
  readonly #hooks: ServiceHooks;
  readonly #nextSteps: NextSteps;
  readonly #ready = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #run: ServiceRun | undefined;
  #runs = 0;
  /** Ends looking whether it still answers. */
  #endWatch: () => void = () => undefined;
  #nextStart: NodeJS.Timeout | undefined;
  #isStopping = false;
  /** This run was ended by request: that is no failure. */
  #isAskedEnd = false;
  #wasReady = false;

  constructor(plan: ServicePlan, hooks: ServiceHooks) {
    this.name = plan.declaration.name;
    this.plan = plan;
    this.#hooks = hooks;
    this.#nextSteps = new NextSteps(this.name, plan.limits);
  }

  get pid(): number | undefined {
    return this.#run?.pid;
  }

  /** Settles when the service was ready for the first time; never when it fails before. */
  get firstReady(): Promise<void> {
    return this.#ready.promise;
  }

  /** Settles when it is being stopped and takes no new connections any more; not every service says so before its end. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  start(): void {
    if (this.#isStopping || this.#run !== undefined) return;
    this.nextTry = undefined;
    this.#runs += 1;
    this.#setState(this.#runs === 1 ? 'starting' : 'restarting', this.reason);
    const { name } = this;
    const hooks = this.#hooks;
    const run = new ServiceRun(this.plan, `${this.plan.run}/${name}/${this.#runs}`, {
      onOutput: (stream, chunk) => hooks.onOutput(name, stream, chunk),
      onOutputEnd: () => hooks.onOutputEnd(name),
      onMessage: (message) => this.#onMessage(run, message),
      onSpawnError: (error) => this.#onSpawnError(error),
      onEnded: (end) => this.#onEnded(end),
    });
    this.#run = run;
    if (run.pid !== undefined) hooks.log.info({ service: name, pid: run.pid }, `${name} started`);
    void this.#awaitReady(run);
  }

  /** Tries again at once after a crash loop, or amid trouble of the machine. */
  revive(): void {
    if (this.nextTry === undefined || (this.state !== 'failed' && this.#nextSteps.trouble === undefined))
      return;
    clearTimeout(this.#nextStart);
    this.#nextSteps.forget();
    this.start();
  }

  /** Sends a message to a service of the kit that runs; what it is told at its start needs none. */
  send(message: object | string): void {
    this.#run?.send(message);
  }

  /** Says that the whole kit stops, so that what waits in this service does not hold up those whose turn comes first. */
  announceStop(): void {
    this.send(KIT_STOPS_MESSAGE);
  }

  /** Stops it in order and starts it again: by another plan, perhaps. */
  async restart(): Promise<void> {
    if (this.#run === undefined || this.state === 'stopping') return;
    this.#isAskedEnd = true;
    await this.#end(this.plan.declaration.stopGraceMs);
  }

  /** Asks the service to drain and end; kills it and all it started when `withinMs` have passed. Gives whether it ended in order. */
  async stop(withinMs: number): Promise<boolean> {
    this.#isStopping = true;
    clearTimeout(this.#nextStart);
    this.nextTry = undefined;
    const inOrder = await this.#end(withinMs);
    this.#closed.resolve();
    this.#setState('stopped');
    return inOrder;
  }

  async #end(withinMs: number): Promise<boolean> {
    const run = this.#run;
    if (run?.pid === undefined) return true;
    this.#setState('stopping', this.reason);
    run.requestStop(Math.max(0, withinMs - REPORT_MS));
    const late = new AbortController();
    const inTime = await Promise.race([
      run.ended.then(() => true),
      sleep(withinMs, false, { signal: late.signal }).catch(() => false),
    ]);
    late.abort();
    if (inTime) return true;
    this.#hooks.log.error(
      { service: this.name, withinMs },
      `${this.name} did not stop within ${withinMs} ms: killed`,
    );
    run.kill();
    await run.ended;
    return false;
  }

  #onMessage(run: ServiceRun, message: unknown): void {
    if (message === SIGNALED_MESSAGE) void this.#onSignaled(run);
    // One that is only started again says so too, and opens soon.
    else if (message === CLOSED_MESSAGE && this.#isStopping) this.#closed.resolve();
    else this.pressure = pressureIn(message) ?? this.pressure;
  }

  async #onSignaled(run: ServiceRun): Promise<void> {
    await sleep(SIGNAL_TO_ALL_WITHIN_MS, undefined, { ref: false });
    if (this.#hooks.isKitStopping() || this.#run !== run || this.state === 'stopping') return;
    this.#hooks.log.info(
      { service: this.name },
      `${this.name} was asked by a signal to stop: it is stopped in order and started again`,
    );
    await this.restart();
  }

  /** Trouble of the machine has a line of its own, one a change. */
  #onSpawnError(error: unknown): void {
    if (troubleOf(error) !== undefined) return;
    this.#hooks.log.error({ err: error, service: this.name }, `${this.name} could not be started`);
  }

  #onEnded(end: RunEnd): void {
    this.#run = undefined;
    this.pressure = [];
    this.#endWatch();
    if (this.#isStopping) return;
    const next = this.#isAskedEnd
      ? this.#nextSteps.afterRequest(end)
      : this.#nextSteps.after(end, this.#wasReady);
    this.#isAskedEnd = false;
    this.#wasReady = false;
    const { state, reason, startInMs, level, text } = next;
    if (state !== 'failed') this.restarts += 1;
    this.#setState(state, reason);
    this.#hooks.log[level]({ service: this.name, reason, restartInMs: startInMs }, text);
    if (startInMs === 0) {
      this.start();
      return;
    }
    this.nextTry = new Date(Date.now() + startInMs);
    this.#nextStart = setTimeout(() => void this.#startAgain(), startInMs);
    if (state === 'failed') this.#hooks.onFailed(this);
  }

  async #startAgain(): Promise<void> {
    if (this.#nextSteps.trouble === undefined) await this.#hooks.beforeRetry?.(this);
    this.start();
  }

  async #awaitReady(run: ServiceRun): Promise<void> {
    const { plan } = this;
    const isAwaited = () => this.#run === run && this.state !== 'stopping';
    const readiness = await pollReady(plan, isAwaited);
    if (readiness === undefined || !isAwaited()) return;
    if (readiness.isReady) return this.#onReady(run);
    this.#hooks.log.error({ service: this.name }, describeNotReady(plan, readiness));
    run.kill();
  }

  #onReady(run: ServiceRun): void {
    this.#setState('ready');
    this.#wasReady = true;
    this.#ready.resolve();
    const { name } = this;
    if (this.#nextSteps.forgetTrouble())
      this.#hooks.log.info({ service: name }, `${name} is ready: the trouble of the machine is over`);
    this.#endWatch = watchLiveness(this.plan.origin, this.plan.declaration.readyPath, (silentMs) => {
      if (this.#run !== run || this.state !== 'ready') return;
      this.#hooks.log.error({ service: name }, `${name} has not answered for ${silentMs / 1000} s: killed`);
      run.kill();
    });
  }

  #setState(state: ServiceState, reason?: string): void {
    if (state !== this.state) this.since = new Date();
    this.state = state;
    this.reason = state === 'ready' || state === 'stopped' ? undefined : reason;
  }
}
