import { ShipError } from './target.ts';

/**
 * An env file for Docker Compose: in single quotes, where it fills in nothing. Throws ShipError with every variable that
 * it could not hold.
 */
export function composeEnvFile(variables: Readonly<Record<string, string>>): string {
  refuse(variables, (value) =>
    // Source: compose-go dotenv/parser.go: a backslash before a quote always makes it part of the value.
    /\\('|$)/.test(value) ? 'has a backslash before a quote, or at its end' : undefined,
  );
  return write(variables, (value) => `'${value.replaceAll("'", "\\'")}'`);
}

/** An env file for systemd, in double quotes. Throws ShipError as above. Source: systemd.exec(5), EnvironmentFile=. */
export function systemdEnvFile(variables: Readonly<Record<string, string>>): string {
  refuse(variables, () => undefined);
  return write(variables, (value) => `"${value.replace(/[\\"`$]/g, '\\$&')}"`);
}

/** The `NAME="value"` lines of `fly secrets import`. Throws ShipError as above. Source: flyctl internal/command/secrets/parser.go. */
export function flySecretLines(variables: Readonly<Record<string, string>>): string {
  refuse(variables, (value) =>
    value.includes('"') && value.includes('#')
      ? 'has both a quote and a #, of which Fly takes one off'
      : undefined,
  );
  return write(variables, (value) => `"${value}"`);
}

function write(variables: Readonly<Record<string, string>>, quote: (value: string) => string): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${quote(value)}\n`)
    .join('');
}

/** By name alone: the value may be secret. */
function refuse(
  variables: Readonly<Record<string, string>>,
  faultOf: (value: string) => string | undefined,
): void {
  const faults = Object.entries(variables).flatMap(([name, value]) => {
    const fault = /[\n\r\0]/.test(value) ? 'has a line break' : faultOf(value);
    return fault === undefined
      ? []
      : [`${name} ${fault}, which its file cannot hold: set it to another value`];
  });
  if (faults.length > 0) throw new ShipError(faults.join('\n'));
}
