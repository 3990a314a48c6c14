import { listSettings, valueAt } from '#config';
import type { RenderInput } from '../platform.ts';
import { usualConfig } from './render-input.ts';

/**
 * The kit's own variables for a rendered file: what is declared and differs from the defaults of the profile, as it was
 * written, in the order of the schema; then what is not the kit's. Never a secret, and not PORT, which each platform
 * has its own place for.
 */
export function containerEnvironment({
  deployment,
  config,
}: Pick<RenderInput, 'deployment' | 'config'>): [string, string][] {
  const usual = usualConfig(config.profile);
  const given = new Map(
    Object.entries(deployment.settings).flatMap(([name, text]) =>
      text === undefined || text === '' ? [] : [[name, text] as const],
    ),
  );
  const own = listSettings().flatMap(({ path, setting }): [string, string][] => {
    const names = [setting.env, ...(setting.fallbacks ?? [])];
    const name = names.find((candidate) => given.has(candidate));
    for (const known of names.slice(1)) if (known !== name) given.delete(known);
    const text = name === undefined ? undefined : given.get(name);
    if (name !== undefined) given.delete(name);
    const isUsual = String(valueAt(config, path)) === String(valueAt(usual, path));
    const isLeftOut = setting.sensitive || setting.env === 'PORT' || setting.env === 'GATEHOUSE_PROFILE';
    return name === undefined || text === undefined || isUsual || isLeftOut ? [] : [[name, text]];
  });
  return [...own, ...given];
}

/** The kit's own variables for a Compose file or a stack, where `$` would be filled in unless it is doubled. */
export function composeVariables(input: RenderInput): Record<string, string> {
  return Object.fromEntries(
    containerEnvironment(input).map(([key, text]) => [key, text.replaceAll('$', () => '$$')]),
  );
}

/** A variable of a Compose file: taken from the environment of `docker compose`, with a default. */
export function fromEnvironment(variable: string, otherwise: string): string {
  return `\${${variable}:-${otherwise}}`;
}
