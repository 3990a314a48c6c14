import { join } from 'node:path';
import { type Config, findNginx } from '#config';
import type { GateOptions } from '../options.ts';
import type { Gate } from '../server.ts';
import { startNginxGate } from './server.ts';

/** The nginx gate of this process: it ends with its nginx, for the supervisor to start both again. */
export function startConfiguredNginx(config: Config, options: GateOptions): Promise<Gate> {
  const { log } = options;
  return startNginxGate(options, {
    binary: findNginx(config.gate.nginxPath) ?? 'nginx',
    folder: join(config.dataDir, 'gate'),
    writeLines: (lines) => {
      if (log.isLevelEnabled('info')) process.stdout.write(lines);
    },
    onEnded: (how) => {
      log.fatal(`nginx ${how}`);
      process.exit(1);
    },
  });
}
