import { type Loaded, profiles } from '#config';
import { LogOutput } from '../runtime/log-output.ts';
import { keepCompiled } from '../runtime/process/compile-cache.ts';
import { keepFilesPrivate } from '../runtime/process/file-modes.ts';
import { KitProcess } from './kit-process.ts';
import { openLog } from './log/open-log.ts';
import { handleSignals } from './signals.ts';
import type { Supervisor } from './supervisor.ts';

type WhenStarted = (
  supervisor: Supervisor,
  say: (text: string) => void,
  end: (exitCode: number) => void,
) => void;

/**
 * The life of the supervisor: starts the kit, runs `whenStarted`, and ends with 0 when it was stopped in order, 1 when
 * something had to be killed or the gate could not be kept up, 69 when a port or the data folder is taken.
 */
export async function runSupervisor(
  loaded: Loaded,
  whenStarted: WhenStarted = () => undefined,
): Promise<void> {
  keepFilesPrivate();
  const kitLog = await openLog(loaded.config.log);
  const { log } = kitLog;
  const { profile } = loaded.config;
  for (const warning of loaded.warnings) log.warn(warning);
  const kit = new KitProcess(kitLog);
  handleSignals(kit, log);
  try {
    log.info({ profile }, `starting, profile ${profile} (${profiles[profile].doc})`);
    const supervisor = await kit.start(loaded);
    keepCompiled();
    // What is for people goes beside the log, and must not hold anybody up either.
    const beside = new LogOutput(process.stderr);
    whenStarted(
      supervisor,
      (text) => beside.write(text),
      (exitCode) => void kit.end(exitCode),
    );
  } catch (error) {
    await kit.fail(error);
  }
}
