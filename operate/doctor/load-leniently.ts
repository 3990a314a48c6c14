import { tmpdir } from 'node:os';
import { ConfigError, type Loaded, loadConfig } from '#config';

export type Variables = Readonly<Record<string, string | undefined>>;

/** The configuration as far as it can be loaded, and all problems with it. */
export interface LenientLoad {
  readonly loaded: Loaded;
  readonly problems: readonly string[];
}

/**
 * What the kit would settle to here; where it would refuse to start, what is left without the bad variables, then
 * without `.env`, then the defaults, so that everything else can still be looked at.
 */
export function loadLeniently(commandLine: Variables, env: Variables, folder: string): LenientLoad {
  let problems: readonly string[] | undefined;
  let left = { commandLine, env };
  for (const attempt of [0, 1, 2, 3]) {
    try {
      const loaded = loadConfig({ ...left, folder: attempt < 2 ? folder : tmpdir() });
      return { loaded, problems: problems ?? [] };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems ??= error.problems;
      const bad = new Set(error.problems.map((line) => /^\w+/.exec(line)?.[0] ?? ''));
      left = { commandLine: without(left.commandLine, bad), env: without(left.env, bad) };
    }
  }
  // With the address of one's own machine no rule asks for a key.
  const loaded = loadConfig({ commandLine: {}, env: { GATEHOUSE_PROFILE: 'local' }, folder: tmpdir() });
  return { loaded, problems: problems ?? [] };
}

function without(variables: Variables, names: ReadonlySet<string>): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !names.has(name)));
}
