import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../runtime/log.ts';
import {
  CLOSED_MESSAGE,
  KIT_STOPS_MESSAGE,
  SIGNALED_MESSAGE,
} from '../../runtime/process/supervisor-messages.ts';
import { watchLiveness } from './liveness.ts';
import { pollReady } from './readiness.ts';
import { RestartPolicy } from './restart-policy.ts';
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
  restarts = 0;
  readonly #hooks: ServiceHooks;
  readonly #policy: RestartPolicy;
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
    this.#policy = new RestartPolicy(plan.limits);
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
    if (this.#isStopping) return;
    this.#runs += 1;
    this.#setState(this.#runs === 1 ? 'starting' : 'restarting', this.reason);
    const { name } = this;
    const hooks = this.#hooks;
    const run = new ServiceRun(this.plan, `${this.plan.run}/${name}/${this.#runs}`, {
      onOutput: (stream, chunk) => hooks.onOutput(name, stream, chunk),
      onOutputEnd: () => hooks.onOutputEnd(name),
      onMessage: (message) => this.#onMessage(run, message),
      onSpawnError: (error) => hooks.log.error({ err: error, service: name }, `${name} could not be started`),
      onEnded: (how, ranMs) => this.#onEnded(how, ranMs),
    });
    this.#run = run;
    hooks.log.info({ service: name, pid: run.pid }, `${name} started`);
    void this.#awaitReady(run);
  }

  /** Tries again after a crash loop. */
  revive(): void {
    if (this.state !== 'failed') return;
    this.#policy.forget();
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

  #onEnded(how: string, ranMs: number): void {
    this.#run = undefined;
    this.#endWatch();
    if (this.#isStopping) return;
    const verdict = this.#isAskedEnd ? { restartInMs: 0 } : this.#policy.ended(ranMs, this.#wasReady);
    this.#isAskedEnd = false;
    this.#wasReady = false;
    if ('failed' in verdict) {
      this.#setState(
        'failed',
        `crash loop: it ${how}, ${this.#policy.quickFailures} times in a row; its log says why; restart the kit, or send SIGHUP to its supervisor, to try again`,
      );
      this.#hooks.log.error(
        { service: this.name, reason: this.reason },
        `${this.name} has failed: ${this.reason}`,
      );
      this.#hooks.onFailed(this);
      return;
    }
    this.restarts += 1;
    this.#setState('restarting', `it ${how}`);
    this.#hooks.log.warn(
      { service: this.name, restartInMs: verdict.restartInMs },
      `${this.name} ${how}: starting it again in ${verdict.restartInMs} ms`,
    );
    if (verdict.restartInMs === 0) this.start();
    else this.#nextStart = setTimeout(() => void this.#startAgain(), verdict.restartInMs);
  }

  async #startAgain(): Promise<void> {
    await this.#hooks.beforeRetry?.(this);
    this.start();
  }

  async #awaitReady(run: ServiceRun): Promise<void> {
    const { origin, declaration, limits } = this.plan;
    const { readyPath } = declaration;
    const isAwaited = () => this.#run === run && this.state !== 'stopping';
    const readiness = await pollReady(origin, readyPath, limits.readyTimeoutMs, isAwaited);
    if (readiness === undefined || !isAwaited()) return;
    if (readiness.isReady) return this.#onReady(run);
    const { status } = readiness;
    this.#hooks.log.error(
      { service: this.name },
      `${this.name} was not ready within ${limits.readyTimeoutMs} ms: GET ${readyPath} at ${origin.host}:${origin.port} ${status === undefined ? 'was not answered' : `was answered ${status}`}: killed; see that it listens there, or raise START_TIMEOUT_MS if it needs longer`,
    );
    run.kill();
  }

  #onReady(run: ServiceRun): void {
    this.#setState('ready');
    this.#wasReady = true;
    this.#ready.resolve();
    this.#endWatch = watchLiveness(this.plan.origin, this.plan.declaration.readyPath, (silentMs) => {
      if (this.#run !== run || this.state !== 'ready') return;
      this.#hooks.log.error(
        { service: this.name },
        `${this.name} has not answered for ${silentMs / 1000} s: killed`,
      );
      run.kill();
    });
  }

  #setState(state: ServiceState, reason?: string): void {
    if (state !== this.state) this.since = new Date();
    this.state = state;
    this.reason = state === 'ready' || state === 'stopped' ? undefined : reason;
  }
}
