import type { Setting } from '../shape.ts';
import { declaredPorts, type PortName } from '../topology.ts';

/** The public port where the platform names none. */
const DEPLOYED_PORT = 8080;

export const portAutoSetting: Setting<boolean> = {
  doc: 'An internal port that nobody set and that is busy moves to the next free one, and everyone who needs it is told. PORT never moves.',
  env: 'PORT_AUTO',
  format: 'flag',
  default: true,
  // Heroku hands out any port, so a default of ours may collide with PORT there.
  profileDefault: (profile) => profile === 'local' || profile === 'heroku',
  group: 'Ports',
};

/** A setting for every port that the topology declares. */
export function portSettings(): Record<PortName, Setting<number>> {
  const settings: Partial<Record<PortName, Setting<number>>> = {};
  for (const { name, port, isPublic } of declaredPorts()) {
    const { env, fallbacks = [], doc } = port;
    settings[name] = {
      doc,
      env,
      fallbacks,
      format: 'tcp-port',
      default: port.default,
      ...(isPublic
        ? { profileDefault: (profile) => (profile === 'local' ? port.default : DEPLOYED_PORT) }
        : {}),
      group: 'Ports',
    };
  }
  if (!isComplete(settings)) throw new Error('a port of the topology has no setting');
  return settings;
}

function isComplete<T>(ports: Partial<Record<PortName, T>>): ports is Record<PortName, T> {
  return declaredPorts().every(({ name }) => ports[name] !== undefined);
}
