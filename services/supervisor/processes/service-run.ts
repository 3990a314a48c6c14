import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { withGivenUmask } from '../../runtime/process/file-modes.ts';
import { findMarked, signalProcess } from '../../runtime/process/process-table.ts';
import { SPAWN_VARIABLE } from '../../runtime/process/run-marks.ts';
import type { StopMessage } from '../../runtime/process/supervisor-messages.ts';
import { countOomKills } from '../log/oom-watch.ts';
import { endWithoutStart, OutputTail, type RunEnd, troubleOfExit } from './run-end.ts';
import type { ServicePlan } from './service-plan.ts';

/** What a process wrote last is read soon after its end, unless somebody else holds its output open. */
const LAST_OUTPUT_WITHIN_MS = 250;

export interface RunHooks {
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  readonly onOutputEnd: () => void;
  readonly onMessage: (message: unknown) => void;
  readonly onSpawnError: (error: unknown) => void;
  /** The process has ended, and what it had started has been killed. Never called before the constructor returns. */
  readonly onEnded: (end: RunEnd) => void;
}

/** One run of a service: its process, in a session of its own, and all processes that it starts. */
export class ServiceRun {
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;
  /** Undefined when not even an attempt was possible. */
  readonly #child: ChildProcess | undefined;
  #isKilledByUs = false;

  constructor(plan: ServicePlan, mark: string, hooks: RunHooks) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    try {
      this.#child = spawnService(plan, mark);
    } catch (error) {
      // Node throws for some troubles, ENOMEM among them, and emits an event for others.
      process.nextTick(() => {
        resolve();
        hooks.onSpawnError(error);
        hooks.onEnded(endWithoutStart(error));
      });
      return;
    }
    this.#watch(this.#child, plan, mark, hooks, resolve);
  }

  #watch(child: ChildProcess, plan: ServicePlan, mark: string, hooks: RunHooks, onEnd: () => void): void {
    const startedAt = performance.now();
    const oomKills = countOomKills();
    const tails = { stdout: new OutputTail(), stderr: new OutputTail() };
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]?.on('data', (chunk: Buffer) => {
        tails[stream].add(chunk);
        hooks.onOutput(stream, chunk);
      });
    child.on('close', hooks.onOutputEnd);
    child.on('message', hooks.onMessage);
    let hasEnded = false;
    const end = () => {
      if (hasEnded) return false;
      hasEnded = true;
      killMarked(`${SPAWN_VARIABLE}=${mark}`);
      onEnd();
      return true;
    };
    child.on('error', (error) => {
      if (!end()) return;
      hooks.onSpawnError(error);
      hooks.onEnded(endWithoutStart(error));
    });
    child.on('exit', async (code, signal) => {
      const ranMs = performance.now() - startedAt;
      const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
      if (!end()) return;
      if (code !== 0) await Promise.race([closed, sleep(LAST_OUTPUT_WITHIN_MS, undefined, { ref: false })]);
      const trouble = troubleOfExit({
        code,
        signal,
        isKit: plan.declaration.kit,
        isKilledByUs: this.#isKilledByUs,
        hadOomKill: (countOomKills() ?? 0) > (oomKills ?? 0),
        errors: tails.stderr.text,
        output: tails.stdout.text,
      });
      hooks.onEnded({ how, ranMs, trouble });
    });
  }

  /** Undefined when the process could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Sends a message to a service of the kit that runs. */
  send(message: object | string): void {
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  /** Asks the process to end: by a message, or by SIGTERM where it takes none. */
  requestStop(graceMs: number): void {
    const message: StopMessage = { type: 'gatehouse:stop', graceMs };
    if (this.#child?.connected) this.send(message);
    else this.#signal('SIGTERM');
  }

  kill(): void {
    this.#isKilledByUs = true;
    // The whole group; what left it is found by its mark when the end is seen.
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid !== undefined && !signalProcess(-pid, signal)) signalProcess(pid, signal);
  }
}

function spawnService(plan: ServicePlan, mark: string): ChildProcess {
  const start = () =>
    spawn(plan.file, plan.args, {
      cwd: plan.folder,
      env: { ...plan.environment, [SPAWN_VARIABLE]: mark },
      // A session of its own: the terminal's Ctrl-C reaches the supervisor alone, and the session can be killed whole.
      detached: true,
      stdio: plan.declaration.kit ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    });
  // What a user's own service writes is for that service to protect: it may have readers that the kit does not know.
  return plan.declaration.kit ? start() : withGivenUmask(start);
}

function killMarked(mark: string): void {
  for (const pid of findMarked(mark)) signalProcess(pid, 'SIGKILL');
}
