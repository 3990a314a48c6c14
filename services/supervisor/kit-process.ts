import type { Loaded } from '#config';
import { errorText, KitError } from '../contract/errors.ts';
import { EXIT_UNAVAILABLE } from '../runtime/process/run-service.ts';
import { watchOutOfMemory } from './log/oom-watch.ts';
import type { KitLog } from './log/open-log.ts';
import { type Supervisor, startSupervisor } from './supervisor.ts';

/** The process that runs the supervisor: starts the kit, and exits with the code that says how the kit has ended. */
export class KitProcess {
  readonly #kitLog: KitLog;
  readonly #oomWatch: Disposable;
  #starting: Promise<Supervisor> | undefined;

  constructor(kitLog: KitLog) {
    this.#kitLog = kitLog;
    this.#oomWatch = watchOutOfMemory(kitLog.log);
  }

  start(loaded: Loaded): Promise<Supervisor> {
    const { log, logStream } = this.#kitLog;
    this.#starting = startSupervisor({ loaded, log, logStream, onCriticalFailure: () => void this.end(1) });
    return this.#starting;
  }

  /** Tries again what a crash loop has ended. */
  revive(): void {
    void this.#starting?.then((supervisor) => supervisor.revive());
  }

  /** Stops the kit, and exits: with 1 when something had to be killed. */
  async end(exitCode: number): Promise<void> {
    // What fails to start has said so, and has nothing to stop.
    const supervisor = await this.#starting?.catch(() => undefined);
    const inOrder = (await supervisor?.stop()) ?? true;
    this.#oomWatch[Symbol.dispose]();
    this.#kitLog.log.info(inOrder ? 'stopped' : 'stopped, but not in order');
    await this.#kitLog.output.flush();
    process.exit(inOrder ? exitCode : 1);
  }

  /** Exits because the kit could not start. */
  async fail(error: unknown): Promise<void> {
    for (const line of errorText(error).split('\n')) this.#kitLog.log.fatal(line);
    await this.#kitLog.output.flush();
    process.exit(error instanceof KitError ? EXIT_UNAVAILABLE : 1);
  }
}
