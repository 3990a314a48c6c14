import { getCompileCacheDir } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type Config,
  inheritedEnvironment,
  isOn,
  portOf,
  type ServiceDeclaration,
  secretsOf,
  toEnvironment,
  topology,
  variablesFor,
} from '#config';
import { RUN_VARIABLE } from '../../runtime/process/run-marks.ts';
import { ROOT } from '../../runtime/root-folder.ts';
import type { RestartLimits } from './restart-policy.ts';

/** How a service is run. */
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

/** A plan for each service that is on. */
export function planServices(config: Config, run: string): ServicePlan[] {
  const services: readonly ServiceDeclaration[] = topology;
  const on = services.filter(({ name }) => isOn(name, config));
  const compileCache = getCompileCacheDir();
  return on.map((declaration) => {
    const port = portOf(config, declaration.name);
    const [file = process.execPath, ...args] = declaration.command ?? [
      process.execPath,
      join(ROOT, declaration.entry ?? ''),
    ];
    return {
      declaration,
      origin: {
        host: declaration.exposure === 'public' ? reachable(config.gate.host) : config.internal.host,
        port,
      },
      file,
      args,
      environment: {
        ...inheritedEnvironment(),
        ...toEnvironment(config, secretsOf(declaration.name)),
        ...variablesFor(declaration.name, on, config.dataDir),
        // What is not ours finds its port where every program looks for it.
        ...(declaration.kit ? {} : { PORT: String(port), HOST: config.internal.host }),
        // Node gives the folder for its own version; the variable wants the one above.
        NODE_COMPILE_CACHE: compileCache === undefined ? undefined : dirname(compileCache),
        [RUN_VARIABLE]: run,
      },
      folder: ROOT,
      limits: { ...config.restart },
      run,
    };
  });
}

/** An address to call a server at that binds `host`. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
