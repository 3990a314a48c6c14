import { inheritedEnvironment, sensitiveVariables } from '#config';
import { RUN_VARIABLE, SPAWN_VARIABLE } from './run-marks.ts';

/** What a program needs of its surroundings: where it finds files, a screen, its language, a proxy and certificates. */
const NAMES: ReadonlySet<string> = new Set([
  'PATH',
  'HOME',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'DISPLAY',
  'XAUTHORITY',
  'WAYLAND_DISPLAY',
  'LD_LIBRARY_PATH',
  // Leftovers of the kit are found and killed by these.
  RUN_VARIABLE,
  SPAWN_VARIABLE,
]);
const PREFIXES = ['LC_', 'XDG_', 'FONTCONFIG_', 'DBUS_', 'SSL_CERT_', 'CHROME_'];
/** Programs read these in both cases. */
const PROXIES = /^(?:https?|no|all)_proxy$/i;

/**
 * Returns the variables that a program which is no service may have: a list of what may pass, since a list of what may
 * not would miss the next secret. Every child process of the kit gets these, unless its environment is written out.
 */
export function programEnvironment(
  from: Readonly<Record<string, string | undefined>> = inheritedEnvironment(),
): Record<string, string> {
  return pick(
    from,
    (name) => NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix)) || PROXIES.test(name),
  );
}

/**
 * Returns the variables for a tool of the operator, such as a platform's own command line, which has credentials under
 * names that the kit cannot know: all of them but the secrets of the kit.
 */
export function toolEnvironment(from: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const secrets = sensitiveVariables();
  return pick(from, (name) => !secrets.has(name));
}

function pick(
  from: Readonly<Record<string, string | undefined>>,
  isMeant: (name: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(from).flatMap(([name, value]) =>
      value !== undefined && isMeant(name) ? [[name, value]] : [],
    ),
  );
}
