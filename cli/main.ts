import { keepFilesPrivate } from '../services/runtime/process/file-modes.ts';
import { parseCommand } from './arguments.ts';
import { UsageError } from './command.ts';
import { commands } from './commands.ts';

/** EX_USAGE of sysexits.h. */
const EXIT_USAGE = 64;

/** The command line of Gatehouse. Sets the exit code of the process: 64 for a call it does not understand. */
export async function main(args: readonly string[]): Promise<void> {
  process.stderr.on('error', () => undefined); // As when it was piped into a program that has ended.
  try {
    const { declaration, command } = parseCommand(args, commands);
    if (declaration.writesForOthers !== true) keepFilesPrivate();
    const run = await declaration.load();
    await run(command);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`gatehouse: ${error.message}\nTry: gatehouse help\n`);
    process.exitCode = EXIT_USAGE;
  }
}
