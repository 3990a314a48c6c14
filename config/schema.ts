import { apiKeysSetting, internalSettings } from './settings/access.ts';
import { gateSettings } from './settings/gate.ts';
import { outboxSettings, pacingSettings, storeSettings, webhookSettings } from './settings/messages.ts';
import { portAutoSetting, portSettings } from './settings/ports.ts';
import {
  dataDirSetting,
  logSettings,
  profileSetting,
  releaseSetting,
  restartSettings,
  stopSettings,
  takeOverSetting,
} from './settings/running.ts';
import { sandboxSettings, sessionSettings, whatsappSetting } from './settings/whatsapp.ts';
import type { Config, Setting, SettingsOf } from './shape.ts';

/** Every setting of the kit, for convict. The ports come from the topology. */
export const schema: SettingsOf<Config> = {
  profile: profileSetting,
  ports: portSettings(),
  portAuto: portAutoSetting,
  gate: gateSettings,
  apiKeys: apiKeysSetting,
  internal: internalSettings,
  whatsapp: whatsappSetting,
  session: sessionSettings,
  sandbox: sandboxSettings,
  store: storeSettings,
  outbox: outboxSettings,
  pacing: pacingSettings,
  webhooks: webhookSettings,
  dataDir: dataDirSetting,
  release: releaseSetting,
  takeOver: takeOverSetting,
  stop: stopSettings,
  restart: restartSettings,
  log: logSettings,
};

/** A setting with its place in the schema, such as `gate.host`. */
export interface PlacedSetting {
  readonly path: string;
  readonly setting: Setting<unknown>;
}

/** All settings, in the order of the schema. */
export function listSettings(): PlacedSetting[] {
  return [...walk(schema, '')];
}

function* walk(node: object, prefix: string): Generator<PlacedSetting> {
  for (const [key, value] of Object.entries(node)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (isSetting(value)) yield { path, setting: value };
    else yield* walk(value, path);
  }
}

function isSetting(value: unknown): value is Setting<unknown> {
  return typeof value === 'object' && value !== null && 'env' in value && 'format' in value;
}
