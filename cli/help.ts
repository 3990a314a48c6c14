import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../services/runtime/root-folder.ts';
import type { CommandDeclaration } from './command.ts';

/** Prints the help: each command, `help` itself last. */
export function help(commands: readonly CommandDeclaration[]): void {
  const inOrder = commands.toSorted(
    (left, right) => Number(left.name === 'help') - Number(right.name === 'help'),
  );
  const lines = inOrder.map((command) => command.help.replace(/^/gm, '  '));
  process.stdout.write(`gatehouse: a WhatsApp backend and its services behind one public port

Usage: gatehouse COMMAND [--SETTING VALUE ...]

${lines.join('\n')}

Every setting is a variable, and a flag of the same name: API_PORT=9001 is --api-port 9001.
See README.md for the settings, or run: gatehouse config

Exit codes: 0 stopped in order; 1 failed, or something had to be killed; 64 wrong usage;
69 a port or the data folder is taken; 78 the configuration is wrong, nothing was started.
`);
}

export function version(): void {
  const manifest: { version?: unknown } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  process.stdout.write(`gatehouse ${String(manifest.version)} (node ${process.version})\n`);
}
