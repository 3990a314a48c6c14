import { type ChildProcess, spawn } from 'node:child_process';
import { withGivenUmask } from '../../runtime/process/file-modes.ts';
import { findMarked, signalProcess } from '../../runtime/process/process-table.ts';
import { SPAWN_VARIABLE } from '../../runtime/process/run-marks.ts';
import type { StopMessage } from '../../runtime/process/supervisor-messages.ts';
import type { ServicePlan } from './service-plan.ts';

export interface RunHooks {
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  readonly onOutputEnd: () => void;
  readonly onMessage: (message: unknown) => void;
  readonly onSpawnError: (error: Error) => void;
  /** The process has ended, and what it had started has been killed. */
  readonly onEnded: (how: string, ranMs: number) => void;
}

/** One run of a service: its process, in a session of its own, and all processes that it starts. */
export class ServiceRun {
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;

  constructor(plan: ServicePlan, mark: string, hooks: RunHooks) {
    const startedAt = performance.now();
    const start = () =>
      spawn(plan.file, plan.args, {
        cwd: plan.folder,
        env: { ...plan.environment, [SPAWN_VARIABLE]: mark },
        // A session of its own: the terminal's Ctrl-C reaches the supervisor alone, and the session can be killed whole.
        detached: true,
        stdio: plan.declaration.kit ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
      });
    // What a user's own service writes is for that service to protect: it may have readers that the kit does not know.
    const child = plan.declaration.kit ? start() : withGivenUmask(start);
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => hooks.onOutput('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => hooks.onOutput('stderr', chunk));
    child.on('close', hooks.onOutputEnd);
    child.on('message', hooks.onMessage);
    this.ended = new Promise((resolve) => {
      let hasEnded = false;
      const end = (how: string) => {
        if (hasEnded) return;
        hasEnded = true;
        killMarked(`${SPAWN_VARIABLE}=${mark}`);
        resolve();
        hooks.onEnded(how, performance.now() - startedAt);
      };
      child.on('error', (error) => {
        hooks.onSpawnError(error);
        end('could not be started');
      });
      child.on('exit', (code, signal) =>
        end(signal === null ? `exited with code ${code}` : `was ended by ${signal}`),
      );
    });
  }

  /** Undefined when the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends a message to a service of the kit that runs. */
  send(message: object | string): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Asks the process to end: by a message, or by SIGTERM where it takes none. */
  requestStop(graceMs: number): void {
    const message: StopMessage = { type: 'gatehouse:stop', graceMs };
    if (this.#child.connected) this.send(message);
    else this.#signal('SIGTERM');
  }

  kill(): void {
    // The whole group; what left it is found by its mark when the end is seen.
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid !== undefined && !signalProcess(-pid, signal)) signalProcess(pid, signal);
  }
}

function killMarked(mark: string): void {
  for (const pid of findMarked(mark)) signalProcess(pid, 'SIGKILL');
}
