import { join } from 'node:path';
import { type Config, findNginx } from '#config';
import { KitError } from '../services/contract/errors.ts';
import type { Gate } from '../services/gate/contract/gate.ts';
import type { GateOptions } from '../services/gate/contract/options.ts';
import { destinationOf, type Log } from '../services/runtime/log.ts';
import { maskSecrets } from '../services/runtime/mask-secrets.ts';
import { lockFile, logReplaced } from '../services/runtime/process/file-lock.ts';
import { exitCodeFor } from '../services/runtime/process/machine-trouble.ts';
import { exitWhenWritten } from '../services/runtime/standard-output.ts';
import { startNginxGate } from './nginx-gate.ts';

/** The nginx gate of this process: it ends with its nginx, for the supervisor to start both again. */
export function startConfiguredNginx(config: Config, options: GateOptions): Promise<Gate> {
  const { log } = options;
  const destination = destinationOf(log);
  return startNginxGate(options, {
    binary: findNginx(config.gate.nginxPath) ?? 'nginx',
    folder: config.takeOver ? ownFolder(config.dataDir, log) : join(config.dataDir, 'gate'),
    writeLines: (lines) => {
      if (log.isLevelEnabled('info')) destination.write(maskSecrets(lines));
    },
    onEnded: (how) => {
      log.fatal(`nginx ${how}`);
      exitWhenWritten(exitCodeFor(new Error(how)));
    },
  });
}

/** Of two kits that share the data folder while one takes over from the other, each gate has one: the lock ends with us. */
function ownFolder(dataDir: string, log: Log): string {
  const folder = join(dataDir, 'gate');
  try {
    logReplaced(lockFile(folder, 'already_running'), folder, log);
    return folder;
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    const beside = join(dataDir, 'gate-beside');
    logReplaced(lockFile(beside, 'already_running'), beside, log);
    return beside;
  }
}
