import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';

/** A program with its arguments, and what it is given beside them. What is secret goes by `input` or `env`, never by `argv`. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** Beside the environment of the deploy itself. */
  readonly env?: Readonly<Record<string, string>>;
  /** For its standard input; never shown. */
  readonly input?: string;
}

export interface Outcome {
  /** The exit code; 127 when there is no such program, and 128 more than the number of a signal. */
  readonly code: number;
  readonly stdout: string;
  /** Both streams as they came, for people. */
  readonly output: string;
}

const NO_SUCH_PROGRAM = 127;
/** Enough for any answer that is read, and for the end of any log. */
const KEPT_CHARS = 4 * 1024 ** 2;

/** Runs a command in the kit's folder and waits for its end, whatever that is. Never rejects. */
export function runCommand(
  { argv: [file, ...args], env = {}, input = '' }: Command,
  { folder, environment, onOutput = () => undefined }: CommandPlace,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: folder, env: { ...environment, ...env } });
    let stdout = '';
    let output = '';
    for (const [stream, isAnswer] of [
      [child.stdout, true],
      [child.stderr, false],
    ] as const) {
      const decoder = new StringDecoder('utf8');
      stream.on('data', (piece: Buffer) => {
        const text = decoder.write(piece);
        if (isAnswer) stdout = (stdout + text).slice(-KEPT_CHARS);
        output = (output + text).slice(-KEPT_CHARS);
        onOutput(text);
      });
    }
    child.stdin.on('error', () => undefined); // It may end without reading.
    child.stdin.end(input);
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: error.code === 'ENOENT' ? NO_SUCH_PROGRAM : 1, stdout, output: error.message }),
    );
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, output }));
  });
}

export interface CommandPlace {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onOutput?: (text: string) => void;
}

export function isMissing({ code }: Outcome): boolean {
  return code === NO_SUCH_PROGRAM;
}

/** A command as one would type it, its secrets masked. */
export function showCommand({ argv, env = {}, input }: Command, secrets: readonly string[]): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
  const line = [...variables, ...argv.map(quote)].join(' ');
  return mask(input === undefined ? line : `${line} < (secret)`, secrets);
}

/** Text with every secret in it replaced. */
export function mask(text: string, secrets: readonly string[]): string {
  // The longest first: one may be the beginning of another.
  return [...secrets]
    .sort((left, right) => right.length - left.length)
    .reduce((masked, secret) => (secret === '' ? masked : masked.replaceAll(secret, '***')), text);
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
