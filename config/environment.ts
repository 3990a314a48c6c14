import { type Config, listSettings, valueAt } from './schema.ts';
import type { Variables } from './sources.ts';

/** The variables this process was started with. Only `config/` reads `process.env`. */
export function inheritedEnvironment(): Variables {
  return { ...process.env };
}

/** The names of all variables that hold secrets of the kit. */
export function sensitiveVariables(): ReadonlySet<string> {
  return new Set(
    listSettings().flatMap(({ setting: { env, fallbacks = [], sensitive } }) =>
      sensitive ? [env, ...fallbacks] : [],
    ),
  );
}

/** Removes the secrets from the variables of this process, once it has read them: what a library starts has none. */
export function forgetSecrets(): void {
  for (const name of sensitiveVariables()) delete process.env[name];
}

/**
 * A settled configuration as variables, for a child process: each setting under its first name and no fallback beside
 * it, so that the child settles to the very same values. Of the secrets only those named.
 */
export function toEnvironment(
  config: Config,
  secrets: readonly string[],
): Record<string, string | undefined> {
  const variables: Record<string, string | undefined> = { [SETTLED_VARIABLE]: '1' };
  for (const { path, setting } of listSettings()) {
    for (const name of setting.fallbacks ?? []) variables[name] = undefined;
    const value = valueAt(config, path);
    const text = Array.isArray(value) ? value.join(',') : String(value);
    variables[setting.env] =
      text === '' || (setting.sensitive && !secrets.includes(setting.env)) ? undefined : text;
  }
  return variables;
}

/** Whether these variables are a settled configuration, to which a `.env` file has nothing to add. */
export function isSettled(env: Variables): boolean {
  return env[SETTLED_VARIABLE] === '1';
}

/** Marks variables as a settled configuration. */
export const SETTLED_VARIABLE = 'GATEHOUSE_SETTLED';
