import { explainConfig } from '#config';
import { loadOrExit } from '../services/runtime/process/load-or-exit.ts';
import type { Command } from './command.ts';

/** `gatehouse config`: every setting, its value and where that came from; `--json`; `--check` says only whether it is good. */
export function showConfig({ settings, options }: Command): void {
  const loaded = loadOrExit(settings);
  for (const warning of loaded.warnings) process.stderr.write(`warning: ${warning}\n`);
  if (options.has('check')) {
    process.stdout.write('the configuration is good\n');
    return;
  }
  const rows = explainConfig(loaded);
  if (options.has('json')) {
    const byVariable = rows.map(({ variable, ...rest }) => [variable, rest]);
    process.stdout.write(`${JSON.stringify(Object.fromEntries(byVariable), null, 2)}\n`);
    return;
  }
  const table = [
    ['VARIABLE', 'VALUE', 'FROM'],
    ...rows.map(({ variable, value, origin }) => [variable, String(value), origin]),
  ];
  process.stdout.write(layOut(table));
}

/** Columns, each as wide as its widest cell. */
function layOut(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
