import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import { toolEnvironment } from '../../services/runtime/process/program-environment.ts';
import { mask, quoteMasked } from './mask.ts';

/** A program with its arguments, and what it is given beside them. What is secret goes by `input` or `env`, never by `argv`, where the program gives the choice. */
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
const BY_SIGNAL = 128;
/** Enough for any answer that is read, and for the end of any log. */
const KEPT_CHARS = 4 * 1024 ** 2;

/** Runs a command in the kit's folder and waits for its end, whatever that is. Never rejects. */
export function runCommand(
  { argv: [file, ...args], env = {}, input = '' }: Command,
  { folder, environment, signal, onOutput = () => undefined }: CommandOptions,
): Promise<Outcome> {
  return new Promise((resolve) => {
    // A group of its own: Ctrl-C reaches the deploy alone, which ends what runs and then needs programs to take it back.
    const child = spawn(file, args, {
      cwd: folder,
      env: { ...toolEnvironment(environment), ...env },
      detached: true,
    });
    const end = () => endGroup(child.pid);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
    let stdout = '';
    let output = '';
    for (const [stream, isAnswer] of [
      [child.stdout, true],
      [child.stderr, false],
    ] as const) {
      const decoder = new StringDecoder('utf8');
      stream.on('data', (piece: Buffer) => {
        const text = decoder.write(piece);
        if (isAnswer) stdout = trimStart(stdout + text);
        output = trimStart(output + text);
        onOutput(text);
      });
    }
    child.stdin.on('error', () => undefined); // It may end without reading.
    child.stdin.end(input);
    const settle = (code: number, said = output) => {
      signal?.removeEventListener('abort', end);
      resolve({ code, stdout: stdout.slice(-KEPT_CHARS), output: said.slice(-KEPT_CHARS) });
    };
    child.once('error', (error: NodeJS.ErrnoException) =>
      settle(error.code === 'ENOENT' ? NO_SUCH_PROGRAM : 1, error.message),
    );
    child.once('close', (code, ended) =>
      settle(code ?? (ended === null ? 1 : BY_SIGNAL + constants.signals[ended])),
    );
  });
}

/** Runs a command and waits for its end, whatever that is. Never rejects. */
export type RunCommand = (command: Command, options: CommandOptions) => Promise<Outcome>;

/** Where a command runs, and what runs it: `runCommand`, or a script of a test. */
export interface Commands extends CommandOptions {
  readonly run: RunCommand;
}

/** Where a command runs. */
export interface CommandOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ends the program, and what it has started. */
  readonly signal?: AbortSignal;
  readonly onOutput?: (text: string) => void;
}

/** Drops the start of a text that is twice as long as what is kept: each slice copies what it keeps. */
function trimStart(text: string): string {
  return text.length < 2 * KEPT_CHARS ? text : text.slice(-KEPT_CHARS);
}

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGTERM');
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Whether there was no such program to run. */
export function isMissing({ code }: Outcome): boolean {
  return code === NO_SUCH_PROGRAM;
}

/** A command as one would type it, its secrets masked. */
export function showCommand({ argv, env = {}, input }: Command, secrets: readonly string[]): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quoteMasked(value, secrets)}`);
  const line = [...variables, ...argv.map((word) => quoteMasked(word, secrets))].join(' ');
  // Once more: one may have come together across words.
  return mask(input === undefined ? line : `${line} < (secret)`, secrets);
}
