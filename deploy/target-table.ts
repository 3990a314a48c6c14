import { platforms } from './platforms.ts';
import type { Target } from './shipping/target.ts';

/** The table of the targets of `make deploy` for the documents. */
export function targetTable(targets: readonly Target[]): string {
  const rows = [
    ['`TARGET=`', 'Ships', 'Waits', '`make rollback`', 'Secrets', 'Run so far'],
    ['---', '---', '---', '---', '---', '---'],
    ...targets.map(({ name, facts }) => [
      `\`${name}\``,
      facts.ships,
      facts.waits,
      facts.goesBack,
      facts.secrets,
      facts.proven,
    ]),
    ...platforms
      .filter(({ name }) => !targets.some((target) => target.name === name))
      .map(({ name }) => [
        `\`${name}\``,
        'rendered only: deployed by hand, as its file says',
        '',
        '',
        '',
        '',
      ]),
  ];
  return rows
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
}
