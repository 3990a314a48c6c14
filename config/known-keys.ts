import { resolve as resolvePath } from 'node:path';
import { readEnvFile } from './env-file.ts';
import { inheritedEnvironment, SETTLED_VARIABLE } from './environment.ts';
import { ConfigError, loadConfig } from './load.ts';
import { schema } from './schema.ts';
import type { Variables } from './sources.ts';

/**
 * The API keys that are set here, for a program that calls a kit elsewhere: no other setting of this machine matters to
 * it, or can be in its way. Throws ConfigError when they are none.
 */
export function readApiKeys(
  env: Variables = inheritedEnvironment(),
  folder: string = process.cwd(),
): readonly string[] {
  const { env: variable } = schema.apiKeys;
  const text = env[variable] || readFile(resolvePath(folder, '.env'))[variable];
  // Settled: the file has been read.
  return loadConfig({ env: { [SETTLED_VARIABLE]: '1', GATEHOUSE_PROFILE: 'local', [variable]: text } }).config
    .apiKeys;
}

function readFile(path: string): Variables {
  try {
    return readEnvFile(path);
  } catch (error) {
    throw new ConfigError([
      `.env cannot be used (${error instanceof Error ? error.message : error}): mend or remove it`,
    ]);
  }
}
