import { type ProfileName, profiles } from '../profiles.ts';
import type { Config, Setting, SettingsOf } from '../shape.ts';

/** Who may call the api. */
export const apiKeysSetting: Setting<string[]> = {
  doc: 'Keys that open the api, separated by commas, each at least 24 characters (openssl rand -hex 24). Needed as soon as the gate binds more than loopback.',
  env: 'API_KEYS',
  format: 'api-keys',
  default: [],
  sensitive: true,
  group: 'Access',
};

/** Where the services of the kit find and trust each other. */
export const internalSettings: SettingsOf<Config['internal']> = {
  host: {
    doc: 'The address that everything but the gate binds.',
    env: 'INTERNAL_HOST',
    format: 'host',
    default: '127.0.0.1',
    profileDefault: (profile) => (profiles[profile].spansHosts ? '0.0.0.0' : '127.0.0.1'),
    group: 'Access',
  },
  apiHost: {
    doc: 'Where the api is reached.',
    env: 'API_HOST',
    format: 'host',
    default: '127.0.0.1',
    profileDefault: hostOf('api'),
    group: 'Access',
  },
  bridgeHost: {
    doc: 'Where the bridge is reached.',
    env: 'BRIDGE_HOST',
    format: 'host',
    default: '127.0.0.1',
    profileDefault: hostOf('bridge'),
    group: 'Access',
  },
  secret: {
    doc: 'Shared by the services of the kit for calls among themselves. Made anew at every boot; set it only where the services run on hosts of their own.',
    env: 'INTERNAL_SECRET',
    format: 'boot-secret',
    default: '',
    sensitive: true,
    group: 'Access',
  },
};

/** On platforms that span hosts a service is reached by its name. */
function hostOf(name: string): (profile: ProfileName) => string {
  return (profile) => (profiles[profile].spansHosts ? name : '127.0.0.1');
}
