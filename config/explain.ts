import type { Loaded } from './load.ts';
import { listSettings, valueAt } from './schema.ts';

/** A setting as `gatehouse config` shows it; a secret's value is masked. */
export interface ExplainedSetting {
  readonly variable: string;
  readonly path: string;
  readonly value: unknown;
  /** `environment`, `.env`, `command line`, `profile`, `default`, with the variable where it is not the usual one. */
  readonly origin: string;
}

/** Every setting with its value and where that came from. */
export function explainConfig({ config, resolved }: Loaded): ExplainedSetting[] {
  return listSettings().map(({ path, setting }) => {
    const value = valueAt(config, path);
    const { origin = 'default', variable = setting.env } = resolved.get(path) ?? {};
    return {
      variable: setting.env,
      path,
      value: setting.sensitive ? mask(value) : value,
      origin: variable === setting.env ? origin : `${origin} (${variable})`,
    };
  });
}

function mask(value: unknown): string {
  const isSet = Array.isArray(value) ? value.length > 0 : value !== '';
  return isSet ? '[secret]' : '(unset)';
}
