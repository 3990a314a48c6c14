import { CAPABILITIES } from './capabilities.ts';
import { type Capability, GRADES } from './capability.ts';

/** The tables of docs/whatsapp-assumptions.md: how many assumptions there are by grade, then each capability. */
export function assumptionsTable(): string {
  return [countTable(), capabilityTable(), assumptionTable(), patchTable()].join('\n');
}

function countTable(): string {
  const all = CAPABILITIES.flatMap(({ assumptions }) => assumptions);
  const rows = GRADES.map(
    (grade) => `| ${grade} | ${all.filter((assumption) => assumption.grade === grade).length} |\n`,
  );
  return `| Grade | Assumptions |\n| --- | --- |\n${rows.join('')}| all | ${all.length} |\n`;
}

function capabilityTable(): string {
  const rows = CAPABILITIES.map(
    (row) =>
      `| \`${row.name}\` | ${row.does} | ${row.kinds.length === 0 ? 'none' : row.kinds.join(', ')} | ${checksOf(row)} |\n`,
  );
  return `## Capabilities\n\n| Capability | The kit | Requests held while it is broken | Checked at every start |\n| --- | --- | --- | --- |\n${rows.join('')}`;
}

function checksOf({ needs, probes }: Capability): string {
  const modules = Map.groupBy(needs, (need) => need.replace(/[.:].*/, ''));
  const exports = [...modules].map(([module, paths]) => {
    const names = paths.map((path) => path.slice(module.length + 1)).filter((name) => name !== '');
    return `\`${module}\`${names.length === 0 ? '' : ` (${names.join(', ').replaceAll(':', '')})`}`;
  });
  return [...exports, ...probes.map((probe) => `probe \`${probe}\``)].join('; ');
}

function assumptionTable(): string {
  const rows = CAPABILITIES.flatMap(({ name, assumptions }) =>
    assumptions.map(({ text, grade, source }) => `| \`${name}\` | ${text} | ${grade} | ${source} |\n`),
  );
  return `## Assumptions\n\n| Capability | The kit assumes | Grade | Source |\n| --- | --- | --- | --- |\n${rows.join('')}`;
}

function patchTable(): string {
  const rows = CAPABILITIES.flatMap(({ name, patches }) =>
    patches.map(({ text, file, standsDown }) => `| \`${name}\` | ${text} | \`${file}\` | ${standsDown} |\n`),
  );
  return `## Patches\n\n| Capability | What the kit does | Where | Stands down when |\n| --- | --- | --- | --- |\n${rows.join('')}`;
}
