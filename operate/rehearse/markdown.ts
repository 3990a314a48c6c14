import type { Report } from './report.ts';

/** The page of a rehearsal, made to be pasted in public. Made of the report alone, which holds nothing private. */
export function toMarkdown(report: Report): string {
  const { is_real: isReal, date, is_whole: isWhole, versions, link, steps } = report;
  const rows = steps.map(
    ({ title, outcome, seconds }, index) => `| ${index + 1} | ${title} | ${cell(outcome)} | ${seconds} s |`,
  );
  const details = steps
    .filter(({ facts }) => Object.keys(facts).length > 0)
    .map(({ step, facts }) => `### ${step}\n\n${fenced(facts)}`);
  return `# Rehearsal of Gatehouse on ${isReal ? 'the real WhatsApp' : 'the sandbox, which is not WhatsApp'}

${date}${isWhole ? '' : ', interrupted: what comes after was not tried'}. No numbers, names, ids or texts of messages are in here.

${Object.entries(versions)
  .map(([name, version]) => `- ${name.replace(/_version$/, '').replaceAll('_', ' ')}: ${String(version)}`)
  .join('\n')}

| | Step | Outcome | Took |
| --- | --- | --- | --- |
${rows.join('\n')}

To report it: open an issue of the repository that you have the kit from, and paste this page. Read it once before.

## What was seen

### link

${fenced(link)}

${details.join('\n\n')}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '/');
}

function fenced(facts: object): string {
  return `\`\`\`json\n${JSON.stringify(facts, null, 1)}\n\`\`\``;
}
