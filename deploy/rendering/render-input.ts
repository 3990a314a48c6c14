import { tmpdir } from 'node:os';
import {
  type Config,
  type Deployment,
  deployment,
  isOn,
  listSettings,
  loadConfig,
  type PlatformChoice,
  profiles,
  type ServiceDeclaration,
  topology,
} from '#config';
import type { PlatformFacts, RenderInput } from '../platform.ts';

/** Long enough for every rule; no rendered file may ever show it. */
export const SECRET_STAND_IN = 'stand-in-of-a-secret-that-is-set-elsewhere';

/**
 * What a renderer may look at: the declarations, narrowed to this platform, and the configuration to which the kit will
 * settle there. Nothing of this machine or its environment. Throws ConfigError when the declared settings are wrong there.
 */
export function renderInput(
  {
    profile,
    stopGraceMs,
    settings: needed = {},
  }: Pick<PlatformFacts, 'profile' | 'settings'> & Partial<Pick<PlatformFacts, 'stopGraceMs'>>,
  declared: Deployment = deployment,
): RenderInput {
  const choice = declared.platforms?.[profile] ?? {};
  const settings = {
    ...graceSettings(profile, stopGraceMs),
    ...needed,
    ...declared.settings,
    ...choice.settings,
  };
  const secrets = [...new Set([...declared.secrets, ...(choice.secrets ?? [])])];
  // Whether there is an nginx is a question to the image, not to the machine that renders.
  const { GATE: kind, ...others }: Readonly<Record<string, string | undefined>> = settings;
  const isNginx = kind === 'nginx';
  const config = loadFor(
    { INTERNAL_SECRET: SECRET_STAND_IN, ...standIns(secrets), ...(isNginx ? others : settings) },
    profile,
  );
  const region = choice.region ?? declared.region;
  return {
    deployment: { ...declared, ...(region === undefined ? {} : { region }), settings, secrets },
    services: topology,
    config: isNginx ? { ...config, gate: { ...config.gate, kind } } : config,
  };
}

/** Between the end of the drain and SIGKILL, for the supervisor to stop what did not end. */
const DRAIN_MARGIN_MS = 2_000;

/** The settings by which the kit learns of a grace that is not the default of its profile. */
function graceSettings(
  profile: PlatformFacts['profile'],
  stopGraceMs: number = profiles[profile].stopGraceMs,
): Readonly<Record<string, string>> {
  if (stopGraceMs === profiles[profile].stopGraceMs) return {};
  return { STOP_GRACE_MS: String(stopGraceMs), DRAIN_MS: String(stopGraceMs - DRAIN_MARGIN_MS) };
}

/** What the operator has decided for the platform of this input. */
export function choiceOf({ deployment, config }: Pick<RenderInput, 'deployment' | 'config'>): PlatformChoice {
  return deployment.platforms?.[config.profile] ?? {};
}

/** The services that take part under the configuration. */
export function runningServices({
  services,
  config,
}: Pick<RenderInput, 'services' | 'config'>): ServiceDeclaration[] {
  return services.filter(
    ({ name, when }) => isOn(name, config) && (when === undefined || config[when.setting] === when.is),
  );
}

/** The configuration on a platform where nothing is set but its secrets. */
export function usualConfig(profile: PlatformFacts['profile']): Config {
  const secrets = listSettings().flatMap(({ setting }) => (setting.sensitive ? [setting.env] : []));
  return loadFor(standIns(secrets), profile);
}

function loadFor(variables: Readonly<Record<string, string | undefined>>, profile: string): Config {
  return loadConfig({
    commandLine: { ...variables, GATEHOUSE_PROFILE: profile },
    env: {},
    folder: tmpdir(), // Where no .env lies that belongs to the kit.
  }).config;
}

/** Values that pass every rule, for secrets whose own are known to the platform only. */
export function standIns(secrets: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    secrets.map((name) => {
      const setting = listSettings().find((placed) => placed.setting.env === name)?.setting;
      const isUrl = setting?.format === 'database-url';
      return [
        name,
        isUrl ? `postgres://gatehouse:${SECRET_STAND_IN}@database:5432/gatehouse` : SECRET_STAND_IN,
      ];
    }),
  );
}
