import { control, type Loaded, profiles } from '#config';
import { errorText, KitError } from '../contract/errors.ts';
import { createLog } from '../runtime/log.ts';
import { keepCompiled } from '../runtime/process/compile-cache.ts';
import { EXIT_UNAVAILABLE } from '../runtime/process/run-service.ts';
import { LogOutput } from './log-output.ts';
import { createLineWriter, LogStream } from './log-stream.ts';
import { watchMemory } from './memory-watch.ts';
import { type Supervisor, startSupervisor } from './supervisor.ts';

/**
 * The life of the supervisor: starts the kit, runs `whenStarted`, and ends with 0 when it was stopped in order, 1 when
 * something had to be killed or the gate could not be kept up, 69 when a port or the data folder is taken.
 */
export async function runSupervisor(
  loaded: Loaded,
  whenStarted: (
    supervisor: Supervisor,
    say: (text: string) => void,
    end: (exitCode: number) => void,
  ) => void = () => undefined,
): Promise<void> {
  const { log: logging, profile } = loaded.config;
  const pretty = logging.format === 'pretty' || (logging.format === 'auto' && process.stdout.isTTY === true);
  const output = new LogOutput(process.stdout);
  const write = await createLineWriter(pretty, output);
  const log = createLog(control.name, logging.level, { write: (line) => write(line.trimEnd()) });
  for (const warning of loaded.warnings) log.warn(warning);
  const memory = watchMemory(log);
  let starting: Promise<Supervisor> | undefined;
  const end = async (exitCode: number) => {
    // What fails to start has said so, and has nothing to stop.
    const supervisor = await starting?.catch(() => undefined);
    const inOrder = (await supervisor?.stop()) ?? true;
    memory[Symbol.dispose]();
    log.info(inOrder ? 'stopped' : 'stopped, but not in order');
    await output.flush();
    process.exit(inOrder ? exitCode : 1);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(0));
  // On a terminal SIGHUP means that it was closed; elsewhere, by custom, that an operator asks for another look.
  process.on('SIGHUP', () =>
    process.stdout.isTTY ? void end(0) : void starting?.then((supervisor) => supervisor.revive()),
  );
  process.once('uncaughtException', (error) => {
    // A second one ends the process as Node does it, and the guard the rest: it must not log itself to death.
    log.fatal({ err: error }, 'uncaught error in the supervisor');
    void end(1);
  });
  try {
    log.info({ profile }, `starting, profile ${profile} (${profiles[profile].doc})`);
    starting = startSupervisor({
      loaded,
      log,
      logStream: new LogStream(write),
      onCriticalFailure: () => void end(1),
    });
    const supervisor = await starting;
    keepCompiled();
    // What is for people goes beside the log, and must not hold anybody up either.
    const beside = new LogOutput(process.stderr);
    whenStarted(
      supervisor,
      (text) => beside.write(text),
      (exitCode) => void end(exitCode),
    );
  } catch (error) {
    for (const line of errorText(error).split('\n')) log.fatal(line);
    await output.flush();
    process.exit(error instanceof KitError ? EXIT_UNAVAILABLE : 1);
  }
}
