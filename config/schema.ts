import type { Setting, ValuesOf } from './setting.ts';
import { accessSettings } from './settings/access.ts';
import { gateSettings } from './settings/gate.ts';
import { messageSettings } from './settings/messages.ts';
import { portSettings } from './settings/ports.ts';
import { profileSettings, runningSettings } from './settings/running.ts';
import { whatsappSettings } from './settings/whatsapp.ts';

/** Every setting of the kit, for convict. The order is that of `gatehouse config` and of the documents. */
export const schema = {
  ...profileSettings,
  ...portSettings,
  ...gateSettings,
  ...accessSettings,
  ...whatsappSettings,
  ...messageSettings,
  ...runningSettings,
};

/** The settled configuration: what every process of the kit works with. */
export type Config = ValuesOf<typeof schema>;

/** A setting with its place in the schema, such as `gate.host`. */
export interface PlacedSetting {
  readonly path: string;
  readonly setting: Setting;
}

/** All settings, in the order of the schema. */
export function listSettings(): PlacedSetting[] {
  return [...walk(schema, '')];
}

/** What stands at a dotted path of a settled configuration. */
export function valueAt(node: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
      node,
    );
}

function* walk(node: object, prefix: string): Generator<PlacedSetting> {
  for (const [key, value] of Object.entries(node)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (isSetting(value)) yield { path, setting: value };
    else yield* walk(value, path);
  }
}

function isSetting(value: unknown): value is Setting {
  return typeof value === 'object' && value !== null && 'env' in value && 'format' in value;
}
