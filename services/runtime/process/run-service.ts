import { type Config, forgetSecrets } from '#config';
import { errorText, KitError } from '../../contract/errors.ts';
import { createLog, type Log } from '../log.ts';
import { maskedOutput } from '../masked-output.ts';
import { exitWhenWritten } from '../standard-output.ts';
import { keepCompiled } from './compile-cache.ts';
import { keepFilesPrivate } from './file-modes.ts';
import { loadOrExit } from './load-or-exit.ts';
import { exitCodeFor } from './machine-trouble.ts';
import { onStopRequest } from './stop-request.ts';

/** What a service of the kit gives to be ended by. */
export interface RunningService {
  /** Drains and ends within about `graceMs`. */
  close(graceMs: number): Promise<void>;
  /** The whole kit begins to stop; this service has its turn later. */
  kitStops?(): void;
}

export interface ServiceContext {
  readonly config: Config;
  readonly log: Log;
}

/** EX_UNAVAILABLE of sysexits.h: a port is taken. */
export const EXIT_UNAVAILABLE = 69;

/**
 * The life of a service process: config, start, stop when asked, exit code. An uncaught error is logged and ends the
 * process with 1, or with 71 where the machine lacks something: the supervisor exists to start it again.
 */
export async function runService(
  name: string,
  start: (context: ServiceContext) => Promise<RunningService>,
): Promise<void> {
  keepFilesPrivate();
  const { config } = loadOrExit({}, name);
  forgetSecrets();
  const log = createLog(name, config.log.level, maskedOutput(name, config));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught error');
    exitWhenWritten(exitCodeFor(error));
  });
  let service: RunningService | undefined;
  onStopRequest(
    async (reason, graceMs) => {
      log.debug({ reason }, 'stopping');
      // Nobody gives the time where no supervisor runs, and nobody has said before that the stop comes.
      if (graceMs === undefined) service?.kitStops?.();
      await service?.close(graceMs ?? config.stop.drainMs);
      exitWhenWritten(0);
    },
    () => service?.kitStops?.(),
  );
  try {
    service = await start({ config, log });
    keepCompiled();
  } catch (error) {
    log.fatal({ err: error }, `cannot start: ${errorText(error)}`);
    const isPortBusy = error instanceof KitError && error.code === 'port_busy';
    exitWhenWritten(exitCodeFor(error, isPortBusy ? EXIT_UNAVAILABLE : 1));
  }
}
