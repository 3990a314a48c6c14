import { parseArgs } from 'node:util';
import { listSettings } from '#config';

export interface Command {
  readonly name: CommandName;
  /** What follows the name: a URL, a message id. */
  readonly operands: readonly string[];
  /** Settings given as flags, by variable: `--api-port 9001` is `API_PORT`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Options of the command that are switched on. */
  readonly options: ReadonlySet<string>;
  /** Options of the command that have a value. */
  readonly values: Readonly<Record<string, string>>;
}

/** What a command takes beside settings. */
interface Takes {
  readonly options?: readonly string[];
  readonly values?: readonly string[];
  /** Most words that may follow its name. */
  readonly operands?: number;
}

const start: Takes = {};
const demo: Takes = { options: ['once'] };
const config: Takes = { options: ['json', 'check'] };
const render: Takes = { options: ['check'] };
const smoke: Takes = { options: ['json', 'send'], values: ['expect-release'], operands: 1 };
const doctor: Takes = { options: ['json'], values: ['url'], operands: 2 };
const deploy: Takes = { options: ['dry-run'], values: ['target', 'image', 'url'] };
const rollback: Takes = { options: ['dry-run'], values: ['target', 'url'] };
const status: Takes = { options: ['dry-run'], values: ['target'] };
const logs: Takes = { options: ['dry-run', 'follow'], values: ['target'] };
const destroy: Takes = { options: ['dry-run', 'yes'], values: ['target'] };
const help: Takes = {};
const version: Takes = {};
const commands = {
  start,
  demo,
  config,
  render,
  deploy,
  rollback,
  status,
  logs,
  destroy,
  smoke,
  doctor,
  help,
  version,
};
export type CommandName = keyof typeof commands;

const OPTIONS = [...new Set(Object.values(commands).flatMap(({ options = [] }) => options))];
const VALUES = [...new Set(Object.values(commands).flatMap(({ values = [] }) => values))];

/** A call that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses the arguments behind `gatehouse`. Throws UsageError. */
export function parseCommand(args: readonly string[]): Command {
  const settingFlags = listSettings().map(({ setting }) => setting.env);
  const { values, positionals } = parse(args, settingFlags);
  const [word = 'help', ...operands] = positionals;
  const name = values.help === true ? 'help' : values.version === true ? 'version' : word;
  if (!isCommandName(name))
    throw new UsageError(`there is no command "${word}"; there are ${Object.keys(commands).join(', ')}`);
  const { options = [], values: valued = [], operands: most = 0 } = commands[name];
  if (operands.length > most && values.help !== true)
    throw new UsageError(`"${operands.slice(most).join(' ')}" is more than ${name} takes`);
  const given = (flag: string): unknown => Reflect.get(values, flag);
  const misplaced = [
    ...[...OPTIONS, ...VALUES].filter((flag) => ![...options, ...valued].includes(flag)),
    ...(name === 'demo' ? ['whatsapp'] : []),
  ].find((flag) => given(flag) !== undefined);
  if (misplaced !== undefined && values.help !== true)
    throw new UsageError(`${name} takes no --${misplaced}`);
  return {
    name,
    operands,
    settings: pickTexts(settingFlags, (variable) => given(toFlag(variable))),
    options: new Set(OPTIONS.filter((flag) => given(flag) === true)),
    values: pickTexts(VALUES, given),
  };
}

function pickTexts(names: readonly string[], given: (name: string) => unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of names) {
    const value = given(name);
    if (typeof value === 'string') texts[name] = value;
  }
  return texts;
}

function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(commands, word);
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
        ...Object.fromEntries(OPTIONS.map((name) => [name, flag])),
        ...Object.fromEntries(VALUES.map((name) => [name, text])),
        help: { ...flag, short: 'h' },
        version: { ...flag, short: 'v' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
