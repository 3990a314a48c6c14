import type { Platform, PlatformFacts } from './platform.ts';
import type { RegisteredPlatform } from './platforms.ts';

/** One column of the table: its head, and what a platform has there. */
type Column = readonly [head: string, cell: (facts: PlatformFacts) => string];

const columns: readonly Column[] = [
  ['Platform', ({ title }) => title],
  ['Port', ({ port }) => ({ injected: 'given by the platform', chosen: 'chosen in the file' })[port]],
  ['Boot within', ({ bootLimitMs }) => (bootLimitMs === undefined ? 'no limit' : seconds(bootLimitMs))],
  ['Healthy is', ({ health }) => health],
  ['Stop', ({ stopSignal }) => stopSignal],
  ['Grace', grace],
  [
    'Disk',
    ({ disk }) =>
      ({ volume: 'a volume', ephemeral: 'goes with the container', memory: 'is memory, and goes with it' })[
        disk
      ],
  ],
  [
    'Two at a deploy',
    ({ overlap }) =>
      ({
        never: 'never',
        'unless-volume': 'not with a volume',
        'unless-configured': 'unless the file forbids it',
        always: 'always',
      })[overlap],
  ],
  ['Sleeps', ({ sleeps }) => sleeps ?? 'never'],
  ['So the file sets', ({ sets }) => sets ?? ''],
];

/** The table of the platforms for the documents, from their facts. */
export function platformTable(platforms: readonly Platform[]): string {
  return table(
    columns.map(([head]) => head),
    platforms.map(({ facts }) => columns.map(([, cell]) => cell(facts))),
  );
}

/** The table of the targets of `make deploy` for the documents: those that it ships to, then the others. */
export function targetTable(platforms: readonly RegisteredPlatform[]): string {
  const shipped = platforms.flatMap(({ name, target }) => {
    if (target === undefined) return [];
    const { ships, waits, rollsBack, secrets, testedWith } = target.facts;
    return [[`\`${name}\``, ships, waits, rollsBack, secrets, testedWith]];
  });
  const renderedOnly = platforms
    .filter(({ target }) => target === undefined)
    .map(({ name }) => [`\`${name}\``, 'rendered only: deployed by hand, as its file says', '', '', '', '']);
  return table(
    ['`TARGET=`', 'Ships', 'Waits', '`make rollback`', 'Secrets', 'Run so far'],
    [...shipped, ...renderedOnly],
  );
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
}

function grace({ stopGraceMs, mostStopGraceMs }: PlatformFacts): string {
  if (mostStopGraceMs === undefined) return `${seconds(stopGraceMs)}, fixed`;
  if (!Number.isFinite(mostStopGraceMs)) return `${seconds(stopGraceMs)} asked for`;
  return `${seconds(stopGraceMs)} asked for, at most ${seconds(mostStopGraceMs)}`;
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1_000} s`;
}
