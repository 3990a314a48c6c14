import { resolve as resolvePath } from 'node:path';
import convict from 'convict';
import { readEnvFile } from './env-file.ts';
import { isSettled } from './environment.ts';
import { registerFormats } from './formats.ts';
import { findNearMisses } from './near-misses.ts';
import { detectProfile, isProfileName, type ProfileName, profiles } from './profiles.ts';
import { type Finding, rules } from './rules.ts';
import { type Config, listSettings, type PlacedSetting, schema } from './schema.ts';
import { declaredHosts, secretsOf } from './service-lookup.ts';
import { type Resolved, resolve, type Sources, type Variables } from './sources.ts';
import { missingPrograms, topologyProblems } from './topology-check/check.ts';

export interface LoadOptions {
  /** Values from the command line, by the name of the variable. */
  readonly commandLine?: Variables;
  readonly env?: Variables;
  /** Where `.env` is looked for; the working folder unless given. */
  readonly folder?: string;
  /** Instead of `.env`: a deploy has a file of its own. */
  readonly file?: string;
  /** The service of the kit that this is for: it takes only the secrets that the topology gives it. */
  readonly service?: string;
}

export interface Loaded {
  readonly config: Config;
  /** Where each setting came from, by its path in the schema. */
  readonly resolved: ReadonlyMap<string, Resolved>;
  readonly warnings: readonly string[];
}

/** All that is wrong with the configuration, one line each. The process that meets it exits with `EXIT_CONFIG`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** A setting that a service does not take, whether or not it is set. */
const WITHHELD: Resolved = { origin: 'default' };

/** EX_CONFIG of sysexits.h. */
export const EXIT_CONFIG = 78;

/**
 * The configuration of this process, from the command line, the environment, `.env`, the profile and the defaults.
 * Throws ConfigError with every problem there is.
 */
export function loadConfig(options: LoadOptions = {}): Loaded {
  registerFormats();
  const problems: string[] = [];
  const folder = options.folder ?? process.cwd();
  const sources: Sources = {
    'command line': options.commandLine ?? {},
    environment: options.env ?? process.env,
    // The supervisor has read it for all; a child that read it again could settle to something else.
    '.env': isSettled(options.env ?? process.env) ? {} : readFile(folder, options.file ?? '.env', problems),
  };
  const settings = listSettings();
  // What the supervisor has settled, it has also checked.
  if (!isSettled(sources.environment)) problems.push(...topologyProblems(settings));
  const profile = findProfile(sources);
  const { service } = options;
  const withheld = new Set(
    service === undefined
      ? []
      : settings.flatMap(({ path, setting: { env, sensitive } }) =>
          sensitive && !secretsOf(service).includes(env) ? [path] : [],
        ),
  );
  const resolved = new Map(
    settings.map((placed) => [
      placed.path,
      withheld.has(placed.path) ? WITHHELD : resolve(placed, sources, profile),
    ]),
  );
  const detected = detectProfile(sources.environment);
  if (resolved.get('profile')?.origin === 'default' && detected.name === profile && profile !== 'local') {
    resolved.set('profile', { origin: 'environment', variable: detected.because });
  }
  const { config, findings } = settle(settings, resolved, profile);
  const bad = new Set(findings.map(({ path }) => path));
  // A profile that does not exist is reported; the rules then look at what the detected one would be.
  if (bad.has('profile')) config.profile = profile;
  // A rule cannot judge a secret that is not for this service to know.
  const unknown = new Set([...bad, ...withheld]);
  findings.push(...rules.flatMap((rule) => rule({ config, resolved, bad: unknown })));
  problems.push(...missingPrograms(config, sources.environment));
  problems.push(...findings.map((finding) => describe(finding, settings, resolved)));
  for (const { variable, value, meant } of findNearMisses(settings, sources)) {
    const isSecret = settings.some(
      ({ setting: { env, fallbacks = [], sensitive } }) => sensitive && [env, ...fallbacks].includes(meant),
    );
    const told = isSecret ? 'set' : JSON.stringify(value);
    problems.push(`${variable} is ${told}, but nothing reads it: did you mean ${meant}? Rename or unset it`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  completePaths(config, folder);
  followInternalHost(config, resolved);
  return { config, resolved, warnings: [...resolved.values()].flatMap(({ warning }) => warning ?? []) };
}

/** On one machine the services are reached where they bind, unless somebody says otherwise. */
function followInternalHost(config: Config, resolved: ReadonlyMap<string, Resolved>): void {
  if (profiles[config.profile].spansHosts) return;
  const { internal } = config;
  for (const { name } of declaredHosts())
    if (resolved.get(`internal.${name}`)?.variable === undefined) internal[name] = internal.host;
}

/** Paths made absolute, so that no process can read them differently. */
function completePaths(config: Config, folder: string): void {
  config.dataDir = resolvePath(folder, config.dataDir);
  if (config.apiKeysFile !== '') config.apiKeysFile = resolvePath(folder, config.apiKeysFile);
  config.session.folder = resolvePath(folder, config.session.folder || `${config.dataDir}/sessions`);
  config.store.folder = resolvePath(folder, config.store.folder || config.dataDir);
}

function readFile(folder: string, name: string, problems: string[]): Variables {
  try {
    return readEnvFile(resolvePath(folder, name));
  } catch (error) {
    problems.push(
      `${name} cannot be used (${error instanceof Error ? error.message : error}): mend or remove it`,
    );
    return {};
  }
}

function findProfile(sources: Sources): ProfileName {
  const given = (['command line', 'environment', '.env'] as const)
    .map((origin) => sources[origin][schema.profile.env])
    .find((text) => text !== undefined && text !== '');
  return isProfileName(given) ? given : detectProfile(sources.environment).name;
}

/** Convict's own verdict on each value. Its `args` must be empty, or it parses the arguments of the process. */
function settle(
  settings: readonly PlacedSetting[],
  resolved: ReadonlyMap<string, Resolved>,
  profile: ProfileName,
): { config: Config; findings: Finding[] } {
  const chosen = Object.fromEntries(
    settings.flatMap(({ path, setting }) => {
      const text = resolved.get(path)?.text;
      return text === undefined ? [] : [[setting.env, text]];
    }),
  );
  const instance = convict<Config>(schema, { args: [], env: chosen }).load(
    profileDefaults(settings, profile),
  );
  try {
    instance.validate({ allowed: 'strict' });
    return { config: instance.getProperties(), findings: [] };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { config: instance.getProperties(), findings: error.message.split('\n').map(toFinding) };
  }
}

/** The defaults in which a profile differs, shaped like the schema. */
function profileDefaults(settings: readonly PlacedSetting[], profile: ProfileName): object {
  const defaults: Record<string, unknown> = { profile };
  for (const { path, setting } of settings) {
    if (setting.profileDefault === undefined) continue;
    const [group = path, key] = path.split('.');
    const value = setting.profileDefault(profile);
    defaults[group] = key === undefined ? value : { ...toObject(defaults[group]), [key]: value };
  }
  return defaults;
}

function toObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

/** A line of convict's report is `path: remedy: value was …`; values are JSON, so a line break cannot fool it. */
function toFinding(line: string): Finding {
  const [path = '', ...rest] = line.split(': ');
  return { path, message: rest.join(': ').replace(/: value was .*$/, '') };
}

function describe(
  { path, message }: Finding,
  settings: readonly PlacedSetting[],
  resolved: ReadonlyMap<string, Resolved>,
): string {
  const setting = settings.find((placed) => placed.path === path)?.setting;
  const { variable = setting?.env ?? path, text } = resolved.get(path) ?? {};
  const value =
    text === undefined ? '' : setting?.sensitive ? ' is [secret]:' : ` is ${JSON.stringify(text)}:`;
  // Kubernetes sets API_PORT=tcp://… in every pod beside a Service of the name api.
  const hint = text?.startsWith('tcp://')
    ? '; this is a service link of Kubernetes: set enableServiceLinks: false in the pod'
    : '';
  return `${variable} (${path})${value} ${message}${hint}`;
}
