import { profiles } from '../profiles.ts';
import { declaredHosts } from '../service-lookup.ts';
import { setting, settingForEach } from '../setting.ts';

/** Who may call the kit, and where its services find and trust each other. */
export const accessSettings = {
  /** Who may call the api. */
  apiKeys: setting({
    doc: 'Keys that open the api, separated by commas, each at least 24 characters (openssl rand -hex 24). Needed as soon as the gate binds more than loopback.',
    env: 'API_KEYS',
    format: 'api-keys',
    default: [],
    sensitive: true,
    group: 'Access',
  }),

  apiKeysFile: setting({
    doc: 'A file with further keys, one a line; lines that begin with # do not count. It is read again within a second when it changes, so that keys rotate without a restart; a file that is then unreadable or wrong changes nothing, and the log says so. Nobody else may write it, and on a machine of your own nobody else may read it (chmod 600).',
    env: 'API_KEYS_FILE',
    format: 'path',
    default: '',
    group: 'Access',
  }),

  /** Where the services of the kit find and trust each other. */
  internal: {
    host: setting({
      doc: 'The address that everything but the gate binds.',
      env: 'INTERNAL_HOST',
      format: 'host',
      default: '127.0.0.1',
      profileDefault: (profile) => (profiles[profile].spansHosts ? '0.0.0.0' : '127.0.0.1'),
      group: 'Access',
    }),
    ...settingForEach(declaredHosts(), ({ service, host }) =>
      setting({
        doc: host.doc,
        env: host.env,
        format: 'host',
        default: '127.0.0.1',
        // On platforms that span hosts a service is reached by its name.
        profileDefault: (profile) => (profiles[profile].spansHosts ? service : '127.0.0.1'),
        group: 'Access',
      }),
    ),
    secret: setting({
      doc: 'Shared by the services of the kit for calls among themselves. Made anew at every boot; set it only where the services run on hosts of their own.',
      env: 'INTERNAL_SECRET',
      format: 'boot-secret',
      default: '',
      sensitive: true,
      group: 'Access',
    }),
  },
};
