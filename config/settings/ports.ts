import { declaredPorts } from '../service-lookup.ts';
import { setting, settingForEach } from '../setting.ts';

/** The public port where the platform names none. */
const DEPLOYED_PORT = 8080;

/** A port for everything that the topology declares, and whether ports may move. */
export const portSettings = {
  ports: settingForEach(declaredPorts(), ({ port, isPublic }) =>
    setting({
      doc: port.doc,
      env: port.env,
      fallbacks: port.fallbacks ?? [],
      format: 'tcp-port',
      default: port.default,
      ...(isPublic
        ? { profileDefault: (profile) => (profile === 'local' ? port.default : DEPLOYED_PORT) }
        : {}),
      group: 'Ports',
    }),
  ),

  portAuto: setting({
    doc: 'An internal port that nobody set and that is busy moves to the next free one, and everyone who needs it is told. PORT never moves.',
    env: 'PORT_AUTO',
    format: 'flag',
    default: true,
    // Heroku hands out any port, so a default of ours may collide with PORT there.
    profileDefault: (profile) => profile === 'local' || profile === 'heroku',
    group: 'Ports',
  }),
};
