import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../cli/main.ts';

export interface CliResult {
  /** The exit code. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `gatehouse ARGS` in this process, with these environment variables only and in an empty folder. Returns what a
 * caller sees of the command. The command has standard output, environment and folder of the whole process, so run one
 * at a time. `run` is another copy's `main`.
 */
export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  run: typeof main = main,
): Promise<CliResult> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'));
  const before = { env: process.env, folder: process.cwd(), exit: process.exit, exitCode: process.exitCode };
  using stdout = capture(process.stdout);
  using stderr = capture(process.stderr);
  process.env = { PATH: before.env.PATH, ...env };
  process.chdir(folder);
  process.exitCode = undefined;
  process.exit = (code) => {
    throw new Exit(code);
  };
  let status: unknown;
  try {
    await run(args);
    status = process.exitCode ?? 0;
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    status = error.code ?? process.exitCode ?? 0;
  } finally {
    process.exit = before.exit;
    process.exitCode = before.exitCode;
    process.chdir(before.folder);
    process.env = before.env;
    rmSync(folder, { recursive: true });
  }
  return { status: Number(status), stdout: stdout.text, stderr: stderr.text };
}

/** Stands for the end of the process. */
class Exit extends Error {
  readonly code: unknown;

  constructor(code: unknown) {
    super(`the command calls process.exit(${code})`);
    this.code = code;
  }
}

/** Collects what is written to a stream. Meanwhile the stream passes for no terminal and takes no listeners. */
function capture(stream: NodeJS.WriteStream): Disposable & { readonly text: string } {
  const captured = {
    text: '',
    [Symbol.dispose]() {
      for (const [name, descriptor] of before) {
        Reflect.deleteProperty(stream, name);
        if (descriptor !== undefined) Object.defineProperty(stream, name, descriptor);
      }
    },
  };
  const write = (piece: string | Uint8Array, ...rest: unknown[]): boolean => {
    captured.text += Buffer.from(piece).toString();
    for (const argument of rest) if (typeof argument === 'function') argument();
    return true;
  };
  const replaced = { write, isTTY: false, on: () => stream };
  const before = Object.keys(replaced).map(
    (name) => [name, Object.getOwnPropertyDescriptor(stream, name)] as const,
  );
  for (const [name, value] of Object.entries(replaced))
    Object.defineProperty(stream, name, { value, configurable: true, writable: true });
  return captured;
}
