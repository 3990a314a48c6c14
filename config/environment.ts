import { type Config, listSettings, valueAt } from './schema.ts';
import type { Variables } from './sources.ts';

/** The variables this process was started with. Only `config/` reads `process.env`. */
export function inheritedEnvironment(): Variables {
  return { ...process.env };
}

/**
 * A settled configuration as variables, for a child process: each setting under its first name and no fallback beside
 * it, so that the child settles to the very same values. Secrets only when `withSecrets`.
 */
export function toEnvironment(config: Config, withSecrets: boolean): Record<string, string | undefined> {
  const variables: Record<string, string | undefined> = { [SETTLED_VARIABLE]: '1' };
  for (const { path, setting } of listSettings()) {
    for (const name of setting.fallbacks ?? []) variables[name] = undefined;
    const value = valueAt(config, path);
    const text = Array.isArray(value) ? value.join(',') : String(value);
    variables[setting.env] = text === '' || (setting.sensitive && !withSecrets) ? undefined : text;
  }
  return variables;
}

/** Whether these variables are a settled configuration, to which a `.env` file has nothing to add. */
export function isSettled(env: Variables): boolean {
  return env[SETTLED_VARIABLE] === '1';
}

/** Marks variables as a settled configuration. */
export const SETTLED_VARIABLE = 'GATEHOUSE_SETTLED';
