/** A call of a command, parsed. */
export interface Command {
  /** What follows the name: a URL, a message id. */
  readonly operands: readonly string[];
  /** Settings given as flags, by variable: `--api-port 9001` is `API_PORT`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Options of the command that are switched on. */
  readonly options: ReadonlySet<string>;
  /** Options of the command that have a value. */
  readonly values: Readonly<Record<string, string>>;
}

/** One row of the table of commands. */
export interface CommandDeclaration {
  readonly name: string;
  /** Its lines in the help, without the margin. */
  readonly help: string;
  /** Flags that it takes beside settings: those that are on or off, and those with a value. */
  readonly options?: readonly string[];
  readonly values?: readonly string[];
  /** Flags of settings that it refuses. */
  readonly refused?: readonly string[];
  /** It writes what other users read, such as sources and releases: its files are not for its own user alone. */
  readonly writesForOthers?: true;
  /** Most words that may follow its name. */
  readonly operands?: number;
  /** Imports the code of the command, which happens only when the command is called. */
  load(): Promise<(command: Command) => void | Promise<void>>;
}

/** A call that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
