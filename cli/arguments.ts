import { parseArgs } from 'node:util';
import { listSettings, sensitiveVariables } from '#config';
import { type Command, type CommandDeclaration, UsageError } from './command.ts';

/** Parses the arguments behind `gatehouse`. Throws UsageError. */
export function parseCommand(
  args: readonly string[],
  commands: readonly CommandDeclaration[],
): { declaration: CommandDeclaration; command: Command } {
  const settingFlags = listSettings().map(({ setting }) => setting.env);
  const secretFlags = [...sensitiveVariables()].map(toFlag);
  const allOptions = [...new Set(commands.flatMap(({ options = [] }) => options))];
  const allValues = [...new Set(commands.flatMap(({ values = [] }) => values))];
  const { values, positionals } = parse(
    args,
    [...settingFlags, ...sensitiveVariables()],
    allOptions,
    allValues,
  );
  const [word = 'help', ...operands] = positionals;
  const name = values.help === true ? 'help' : values.version === true ? 'version' : word;
  const declaration = commands.find((each) => each.name === name);
  if (declaration === undefined) {
    const known = commands.map((each) => each.name).join(', ');
    throw new UsageError(`there is no command "${word}"; there are ${known}`);
  }
  const { options = [], values: valued = [], refused = [], operands: most = 0 } = declaration;
  if (operands.length > most && values.help !== true)
    throw new UsageError(`"${operands.slice(most).join(' ')}" is more than ${name} takes`);
  const given = (flag: string): unknown => Reflect.get(values, flag);
  const misplaced = [
    ...[...allOptions, ...allValues].filter((flag) => ![...options, ...valued].includes(flag)),
    ...refused,
  ].find((flag) => given(flag) !== undefined);
  if (misplaced !== undefined && values.help !== true)
    throw new UsageError(`${name} takes no --${misplaced}`);
  const secret = secretFlags.find((flag) => given(flag) !== undefined);
  if (secret !== undefined && values.help !== true)
    throw new UsageError(
      `--${secret} is a secret, and every user of this machine can read the arguments of a program: set ${toVariable(secret)} in the environment or in .env`,
    );
  const command = {
    operands,
    settings: pickTexts(settingFlags, (variable) => given(toFlag(variable))),
    options: new Set(allOptions.filter((flag) => given(flag) === true)),
    values: pickTexts(allValues, given),
  };
  return { declaration, command };
}

function pickTexts(names: readonly string[], given: (name: string) => unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of names) {
    const value = given(name);
    if (typeof value === 'string') texts[name] = value;
  }
  return texts;
}

/** `API_PORT` on the command line is `--api-port`. */
function toFlag(variable: string): string {
  return variable.toLowerCase().replaceAll('_', '-');
}

function toVariable(flag: string): string {
  return flag.toUpperCase().replaceAll('-', '_');
}

function parse(
  args: readonly string[],
  settingFlags: readonly string[],
  options: readonly string[],
  values: readonly string[],
) {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...Object.fromEntries(settingFlags.map((variable) => [toFlag(variable), text])),
        ...Object.fromEntries(options.map((name) => [name, flag])),
        ...Object.fromEntries(values.map((name) => [name, text])),
        help: { ...flag, short: 'h' },
        version: { ...flag, short: 'v' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
