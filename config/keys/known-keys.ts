import { resolve as resolvePath } from 'node:path';
import { readEnvFile } from '../env-file.ts';
import { inheritedEnvironment, SETTLED_VARIABLE } from '../environment.ts';
import { isLoopback } from '../formats.ts';
import { ConfigError, loadConfig } from '../load.ts';
import { type Profile, profiles } from '../profiles.ts';
import { type Config, schema } from '../schema.ts';
import type { Variables } from '../sources.ts';
import { type KeysFileRules, readKeysFile } from './keys-file.ts';

/** What API_KEYS_FILE must be like here; see `readKeysFile`. */
export function keysFileRules({ gate, profile }: Config): KeysFileRules {
  const { hasOtherUsers }: Profile = profiles[profile];
  return { mayOthersRead: hasOtherUsers !== true, mayBeWeak: isLoopback(gate.host) };
}

/** Why API_KEYS_FILE cannot be used, with the remedy; undefined when it can, or is not set. */
export function faultOfKeysFile(config: Config): string | undefined {
  if (config.apiKeysFile === '') return undefined;
  try {
    readKeysFile(config.apiKeysFile, keysFileRules(config));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The keys with which this machine calls a kit: those of API_KEYS, then those of the file as far as it can be used. */
export function usableKeys(config: Config): readonly string[] {
  const { apiKeys, apiKeysFile } = config;
  if (apiKeysFile === '' || faultOfKeysFile(config) !== undefined) return apiKeys;
  return [...new Set([...apiKeys, ...readKeysFile(apiKeysFile, keysFileRules(config))])];
}

/**
 * The API keys that are set here, for a program that calls a kit elsewhere: no other setting of this machine matters to
 * it, or can be in its way. Throws ConfigError when they are none.
 */
export function readApiKeys(
  env: Variables = inheritedEnvironment(),
  folder: string = process.cwd(),
): readonly string[] {
  const file = readFile(resolvePath(folder, '.env'));
  const given = Object.fromEntries(
    [schema.apiKeys, schema.apiKeysFile].map(({ env: variable }) => [
      variable,
      env[variable] || file[variable],
    ]),
  );
  // Settled: the file has been read.
  const settled = { [SETTLED_VARIABLE]: '1', GATEHOUSE_PROFILE: 'local', ...given };
  return usableKeys(loadConfig({ env: settled, folder }).config);
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
