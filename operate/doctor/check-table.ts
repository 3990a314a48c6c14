import { groups } from './check.ts';
import { checks } from './registry.ts';

const WHERE = { machine: 'this machine', url: 'a URL', both: 'both' } as const;

/** The table of docs/doctor.md: every check, by group. */
export function checkTable(): string {
  const rows = groups.flatMap((group) =>
    checks
      .filter((check) => check.group === group)
      .map(
        ({ id, title, where, finds }) => `| ${group} | ${title} | \`${id}\` | ${WHERE[where]} | ${finds} |\n`,
      ),
  );
  return `| | Row | Id | Looks at | Finds |\n| --- | --- | --- | --- | --- |\n${rows.join('')}`;
}
