import { parseArgs } from 'node:util';
import { listSettings } from '#config';

export interface Command {
  readonly name: CommandName;
  /** Settings given as flags, by variable: `--api-port 9001` is `API_PORT`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly json: boolean;
  readonly check: boolean;
}

export const commandNames = ['start', 'demo', 'config', 'render', 'help', 'version'] as const;
export type CommandName = (typeof commandNames)[number];

/** A call that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses the arguments behind `gatehouse`. Throws UsageError. */
export function parseCommand(args: readonly string[]): Command {
  const settingFlags = listSettings().map(({ setting }) => setting.env);
  const { values, positionals } = parse(args, settingFlags);
  const [word = 'help', ...more] = positionals;
  const name =
    values.help === true
      ? 'help'
      : values.version === true
        ? 'version'
        : commandNames.find((known) => known === word);
  if (name === undefined)
    throw new UsageError(`there is no command "${word}"; there are ${commandNames.join(', ')}`);
  if (more.length > 0) throw new UsageError(`"${more.join(' ')}" is more than ${name} takes`);
  refuseMisplaced(name, values);
  const settings = settingFlags.flatMap((variable) => {
    const value: unknown = Reflect.get(values, toFlag(variable));
    return typeof value === 'string' ? [[variable, value]] : [];
  });
  return {
    name,
    settings: Object.fromEntries(settings),
    json: values.json === true,
    check: values.check === true,
  };
}

/** Flags that a command would pass over in silence. */
function refuseMisplaced(name: CommandName, values: object): void {
  const misplaced = [
    ...(name === 'config' ? [] : ['json']),
    ...(name === 'config' || name === 'render' ? [] : ['check']),
    ...(name === 'demo' ? ['whatsapp'] : []),
  ].find((flag) => Reflect.get(values, flag) !== undefined);
  if (misplaced !== undefined) throw new UsageError(`${name} takes no --${misplaced}`);
}

/** `API_PORT` on the command line is `--api-port`. */
export function toFlag(variable: string): string {
  return variable.toLowerCase().replaceAll('_', '-');
}

function parse(args: readonly string[], settingFlags: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...Object.fromEntries(settingFlags.map((variable) => [toFlag(variable), text])),
        help: { ...flag, short: 'h' },
        version: { ...flag, short: 'v' },
        json: flag,
        check: flag,
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
