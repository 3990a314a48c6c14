import { tmpdir } from 'node:os';
import { deployment, loadConfig, topology } from '#config';
import type { PlatformFacts, RenderInput } from './platform.ts';

/** Long enough for every rule; no rendered file may ever show it. */
export const SECRET_STAND_IN = 'stand-in-of-a-secret-that-is-set-elsewhere';

/**
 * What a renderer may look at: the declarations, and the configuration to which the kit will settle on that platform.
 * Nothing of this machine or its environment. Throws ConfigError when the declared settings are wrong there.
 */
export function renderInput({ profile }: Pick<PlatformFacts, 'profile'>): RenderInput {
  const secrets = Object.fromEntries(deployment.secrets.map((name) => [name, SECRET_STAND_IN]));
  // Whether there is an nginx is a question to the image, not to the machine that renders.
  const { GATE: gate, ...settings }: Readonly<Record<string, string | undefined>> = deployment.settings;
  const { config } = loadConfig({
    commandLine: { INTERNAL_SECRET: SECRET_STAND_IN, ...secrets, ...settings, GATEHOUSE_PROFILE: profile },
    env: {},
    folder: tmpdir(), // Where no .env lies that belongs to the kit.
  });
  return {
    deployment,
    services: topology,
    config: { ...config, gate: { ...config.gate, kind: gate ?? config.gate.kind } },
  };
}
