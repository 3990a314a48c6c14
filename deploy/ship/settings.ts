import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, listSettings, loadConfig } from '#config';
import type { PlatformFacts } from '../platform.ts';
import { renderInput, standIns } from '../render-input.ts';
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
  const input = renderInput(facts);
  const declared = input.deployment.settings;
  const known = new Set(listSettings().flatMap(({ setting }) => [setting.env, ...(setting.fallbacks ?? [])]));
  // Of this machine's environment only settings, and none of those that say where we are.
  const env = pick(sources.env, (name) => known.has(name) && !FIXED.includes(name) && name !== NAMING);
  const stood = standIns(input.deployment.secrets.filter((name) => kept.includes(name)));
  // Whether there is an nginx is a question to the image, not to this machine.
  const { GATE: _gate, ...asked } = commandLine;
  const { config, resolved } = loadConfig({
    commandLine: { ...declared, ...asked, GATEHOUSE_PROFILE: facts.profile },
    env: { ...stood, ...env, GATE: undefined },
    folder,
    file: DEPLOY_FILE,
  });
  const given: Record<string, string> = pick({ ...sources.env, ...commandLine }, (name) => name === 'GATE');
  for (const { origin, variable, text } of resolved.values())
    if (variable !== undefined && text !== undefined && text !== stood[variable] && origin !== 'profile')
      given[variable] = text;
  refuseMisplaced({ ...env, ...commandLine }, declared);
  const secretNames = new Set([
    ...listSettings().flatMap(({ setting }) => (setting.sensitive ? [setting.env] : [])),
    ...input.deployment.secrets,
  ]);
  const isOurs = (name: string) => ![...FIXED, NAMING].includes(name) && declared[name] === undefined;
  return {
    config,
    settings: pick(given, (name) => isOurs(name) && !secretNames.has(name)),
    secrets: pick(given, (name) => isOurs(name) && secretNames.has(name)),
  };
}

function refuseMisplaced(
  given: Readonly<Record<string, string | undefined>>,
  declared: Readonly<Record<string, string | undefined>>,
): void {
  const faults = [
    ...FIXED.filter((name) => given[name] !== undefined).map(
      (name) => `${name} is the platform's to say: unset it`,
    ),
    ...Object.keys(declared)
      .filter((name) => given[name] !== undefined && given[name] !== declared[name])
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
