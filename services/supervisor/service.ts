import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceDeclaration } from '#config';
import type { Log } from '../runtime/log.ts';
import { findMarked, signalProcess } from '../runtime/process/process-table.ts';
import {
  CLOSED_MESSAGE,
  KIT_STOPS_MESSAGE,
  SIGNALED_MESSAGE,
  type StopMessage,
} from '../runtime/process/stop-request.ts';
import { watchLiveness } from './liveness.ts';
import { probe } from './probe.ts';
import { type RestartLimits, RestartPolicy } from './restart-policy.ts';

/** Names one run of one service in the environment of all its processes. */
const SPAWN_VARIABLE = 'GATEHOUSE_SPAWN';
/** What a service keeps of its time to end after it has drained, before it is killed. */
const REPORT_MS = 300;
const READY_POLL_MS = 15;
/** What starts slowly is asked less often: the questions take time from it. Known to be ready late by a twentieth. */
const READY_POLLS = 20;
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

export interface ServicePlan {
  readonly declaration: ServiceDeclaration;
  readonly origin: { readonly host: string; readonly port: number };
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly limits: RestartLimits & { readonly readyTimeoutMs: number };
  readonly run: string;
}

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
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #spawns = 0;
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
    return this.#child?.pid;
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
    const { plan } = this;
    this.#spawns += 1;
    const mark = `${plan.run}/${this.name}/${this.#spawns}`;
    const startedAt = performance.now();
    this.#setState(this.#spawns === 1 ? 'starting' : 'restarting', this.reason);
    const child = spawn(plan.file, plan.args, {
      cwd: plan.folder,
      env: { ...plan.environment, [SPAWN_VARIABLE]: mark },
      // A session of its own: the terminal's Ctrl-C reaches the supervisor alone, and the session can be killed whole.
      detached: true,
      stdio: plan.declaration.kit ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#hooks.log.info({ service: this.name, pid: child.pid }, `${this.name} started`);
    child.stdout?.on('data', (chunk: Buffer) => this.#hooks.onOutput(this.name, 'stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.#hooks.onOutput(this.name, 'stderr', chunk));
    child.on('close', () => this.#hooks.onOutputEnd(this.name));
    child.on('message', (message) => {
      if (message === SIGNALED_MESSAGE) void this.#onSignaled(child);
      // One that is only started again says so too, and opens soon.
      else if (message === CLOSED_MESSAGE && this.#isStopping) this.#closed.resolve();
    });
    this.#ended = new Promise((resolve) => {
      const end = (how: string) => {
        if (this.#child !== child) return;
        this.#child = undefined;
        this.#endWatch();
        killMarked(`${SPAWN_VARIABLE}=${mark}`);
        resolve();
        this.#onEnded(how, performance.now() - startedAt);
      };
      child.on('error', (error) => {
        this.#hooks.log.error({ err: error, service: this.name }, `${this.name} could not be started`);
        end('could not be started');
      });
      child.on('exit', (code, signal) =>
        end(signal === null ? `exited with code ${code}` : `was ended by ${signal}`),
      );
    });
    void this.#awaitReady(child);
  }

  /** Tries again after a crash loop. */
  revive(): void {
    if (this.state !== 'failed') return;
    this.#policy.forget();
    this.start();
  }

  /** Sends a message to a service of the kit that runs; what it is told at its start needs none. */
  tell(message: object | string): void {
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  /** Says that the whole kit stops, so that what waits in this service does not hold up those whose turn comes first. */
  announceStop(): void {
    this.tell(KIT_STOPS_MESSAGE);
  }

  /** Stops it in order and starts it again: by another plan, perhaps. */
  async restart(): Promise<void> {
    if (this.#child === undefined || this.state === 'stopping') return;
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
    const child = this.#child;
    if (child?.pid === undefined) return true;
    this.#setState('stopping', this.reason);
    const message: StopMessage = { type: 'gatehouse:stop', graceMs: Math.max(0, withinMs - REPORT_MS) };
    if (child.connected) child.send(message, () => undefined);
    else if (!signalProcess(-child.pid, 'SIGTERM')) signalProcess(child.pid, 'SIGTERM');
    const late = new AbortController();
    const inTime = await Promise.race([
      this.#ended.then(() => true),
      sleep(withinMs, false, { signal: late.signal }).catch(() => false),
    ]);
    late.abort();
    if (inTime) return true;
    this.#hooks.log.error(
      { service: this.name, withinMs },
      `${this.name} did not stop within ${withinMs} ms: killed`,
    );
    this.#kill(child.pid);
    await this.#ended;
    return false;
  }

  #kill(pid: number): void {
    // The whole group; what left it is found by its mark when the end is seen.
    if (!signalProcess(-pid, 'SIGKILL')) signalProcess(pid, 'SIGKILL');
  }

  async #onSignaled(child: ChildProcess): Promise<void> {
    await sleep(SIGNAL_TO_ALL_WITHIN_MS, undefined, { ref: false });
    if (this.#hooks.isKitStopping() || this.#child !== child || this.state === 'stopping') return;
    this.#hooks.log.info(
      { service: this.name },
      `${this.name} was asked by a signal to stop: it is stopped in order and started again`,
    );
    await this.restart();
  }

  #onEnded(how: string, ranMs: number): void {
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

  async #awaitReady(child: ChildProcess): Promise<void> {
    const { origin, declaration, limits } = this.plan;
    const since = performance.now();
    const until = since + limits.readyTimeoutMs;
    while (this.#child === child) {
      const answer = await probe(origin, declaration.readyPath, 1_000);
      if (this.#child !== child || this.state === 'stopping') return;
      if (answer?.status === 200) return this.#onReady(child);
      if (performance.now() > until) {
        this.#hooks.log.error(
          { service: this.name },
          `${this.name} was not ready within ${limits.readyTimeoutMs} ms: GET ${declaration.readyPath} at ${origin.host}:${origin.port} ${answer === undefined ? 'was not answered' : `was answered ${answer.status}`}: killed; see that it listens there, or raise START_TIMEOUT_MS if it needs longer`,
        );
        if (child.pid !== undefined) this.#kill(child.pid);
        return;
      }
      const waitedMs = performance.now() - since;
      await sleep(Math.max(READY_POLL_MS, waitedMs / READY_POLLS), undefined, { ref: false });
    }
  }

  #onReady(child: ChildProcess): void {
    this.#setState('ready');
    this.#wasReady = true;
    this.#ready.resolve();
    this.#endWatch = watchLiveness(this.plan.origin, this.plan.declaration.readyPath, (silentMs) => {
      if (this.#child !== child || this.state !== 'ready' || child.pid === undefined) return;
      this.#hooks.log.error(
        { service: this.name },
        `${this.name} has not answered for ${silentMs / 1000} s: killed`,
      );
      this.#kill(child.pid);
    });
  }

  #setState(state: ServiceState, reason?: string): void {
    if (state !== this.state) this.since = new Date();
    this.state = state;
    this.reason = state === 'ready' || state === 'stopped' ? undefined : reason;
  }
}

function killMarked(mark: string): void {
  for (const pid of findMarked(mark)) signalProcess(pid, 'SIGKILL');
}
