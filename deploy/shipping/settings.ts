import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Config,
  ConfigError,
  type Loaded,
  type LoadOptions,
  listSettings,
  loadConfig,
  readEnvFile,
} from '#config';
import type { PlatformFacts } from '../platform.ts';
import { renderInput, standIns } from '../rendering/render-input.ts';
import { ShipError } from './target.ts';

/** A deploy's own settings and secrets, beside `.env`, which is this machine's. Never committed. */
export const DEPLOY_FILE = '.env.deploy';
/** What names the place itself, and is nobody's to set for one deploy. */
const FIXED = ['GATEHOUSE_PROFILE', 'DATA_DIR', 'GATE_HOST'];
/** Told by the deploy, whatever it is called here. */
const NAMING = 'RELEASE';

export interface DeploySettings {
  readonly config: Config;
  /** What was set for this deploy, secrets apart, and not declared for all of them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

export interface SettingsSources {
  readonly commandLine: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `.env.deploy` lies. */
  readonly folder: string;
  /** Secrets that the platform has already: they need not be given. */
  readonly kept: readonly string[];
}

/**
 * What this deploy sets, by command line, environment and `.env.deploy`, checked as the kit itself will check it there.
 * Throws ConfigError with every problem, and ShipError for what is not for a deploy to set.
 */
export function readDeploySettings(facts: PlatformFacts, sources: SettingsSources): DeploySettings {
  const { commandLine, folder, kept } = sources;
  const { declared, needed, secretNames } = declarationsOf(facts);
  const settingNames = new Set(
    listSettings().flatMap(({ setting }) => [setting.env, ...(setting.fallbacks ?? [])]),
  );
  // Of this machine's environment only settings, and none of those that say where we are.
  const env = pick(
    sources.env,
    (name) => (settingNames.has(name) || secretNames.has(name)) && !FIXED.includes(name) && name !== NAMING,
  );
  const file = readDeployFile(folder);
  refuseMisplaced({ ...file, ...env, ...commandLine }, declared);
  const isGiven = (name: string) => [commandLine, env, file].some((source) => (source[name] ?? '') !== '');
  const placeholders = standIns(kept.filter((name) => !isGiven(name)));
  const missing = needed
    .filter((name) => !kept.includes(name) && !isGiven(name))
    .map((name) => `${name} is not set: it is a secret that config/deployment.ts names`);
  const gate = commandLine.GATE || env.GATE || file.GATE || declared.GATE;
  const { config, resolved } = load(missing, {
    commandLine: {
      ...declared,
      ...commandLine,
      GATEHOUSE_PROFILE: facts.profile,
      // Whether there is an nginx is a question to the image, not to this machine.
      GATE: gate === 'nginx' ? 'node' : gate,
    },
    env: { ...placeholders, ...env },
    folder,
    file: DEPLOY_FILE,
  });
  const given: Record<string, string> = gate === undefined ? {} : { GATE: gate };
  for (const { origin, variable, text } of resolved.values())
    if (variable !== undefined && variable !== 'GATE' && text !== undefined && origin !== 'profile')
      if (text !== placeholders[variable]) given[variable] = text;
  // Secrets that are declared and are no settings, as of a service that is not the kit's own.
  Object.assign(
    given,
    pick({ ...file, ...env }, (name) => secretNames.has(name) && !settingNames.has(name)),
  );
  const maySet = (name: string) => ![...FIXED, NAMING].includes(name) && declared[name] === undefined;
  return {
    config,
    settings: pick(given, (name) => maySet(name) && !secretNames.has(name)),
    secrets: pick(given, (name) => maySet(name) && secretNames.has(name)),
  };
}

function declarationsOf(facts: PlatformFacts) {
  const { settings, secrets } = renderInput(facts).deployment;
  const declared: Readonly<Record<string, string | undefined>> = settings;
  const sensitive = listSettings().flatMap(({ setting }) => (setting.sensitive ? [setting.env] : []));
  return { declared, needed: secrets, secretNames: new Set([...sensitive, ...secrets]) };
}

/** Loads the configuration. Throws ConfigError with the missing secrets too, each once. */
function load(missing: readonly string[], options: LoadOptions): Loaded {
  const nameOf = (problem: string) => problem.split(' ')[0];
  try {
    const loaded = loadConfig(options);
    if (missing.length === 0) return loaded;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const told = error.problems.map(nameOf);
    throw new ConfigError([
      ...error.problems,
      ...missing.filter((problem) => !told.includes(nameOf(problem))),
    ]);
  }
  throw new ConfigError(missing);
}

/** The file by itself; what cannot be read of it is told with the other problems, by who loads the configuration. */
function readDeployFile(folder: string): Readonly<Record<string, string>> {
  try {
    return readEnvFile(join(folder, DEPLOY_FILE));
  } catch (error) {
    if (error instanceof Error) return {};
    throw error;
  }
}

function refuseMisplaced(
  given: Readonly<Record<string, string | undefined>>,
  declared: Readonly<Record<string, string | undefined>>,
): void {
  const isGiven = (name: string) => (given[name] ?? '') !== '';
  const faults = [
    ...FIXED.filter(isGiven).map((name) => `${name} is the platform's to say: unset it`),
    ...Object.keys(declared)
      .filter((name) => isGiven(name) && given[name] !== declared[name])
      .map(
        (name) =>
          `${name} is ${declared[name]} in the rendered files: change config/deployment.ts and run make render`,
      ),
  ];
  if (faults.length > 0) throw new ShipError(faults.join('\n'));
}

function pick(
  variables: Readonly<Record<string, string | undefined>>,
  isWanted: (name: string) => boolean,
): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, text] of Object.entries(variables))
    if (text !== undefined && text !== '' && isWanted(name)) picked[name] = text;
  return picked;
}

/** Makes a key where there is none yet, for a first deploy to a host of one's own. Gives whether it did. */
export function makeKeyIfNone(folder: string, env: Readonly<Record<string, string | undefined>>): boolean {
  const path = join(folder, DEPLOY_FILE);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if ((env.API_KEYS ?? '') !== '' || /^\s*(?:export\s+)?API_KEYS\s*=\s*\S/m.test(text)) return false;
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  writeFileSync(path, `${before}API_KEYS=${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
  return true;
}
