import type { PartReport } from './run.ts';

/** The report for people: each note, each difference as a diff, and a last line that sums up. */
export function renderReport(reports: readonly PartReport[]): string {
  const notes = reports.flatMap(({ part, notes }) => notes.map((text) => `${part}: note: ${text}\n`));
  const parts = reports.flatMap(({ part, differences }) =>
    differences.map(({ name, text }) => `\n${part}: ${name}\n${indent(text)}`),
  );
  const counts = reports.map(({ count }) => count).join(', ');
  const total = countDifferences(reports);
  const sum = total === 0 ? 'no difference' : `${total} ${total === 1 ? 'difference' : 'differences'}`;
  return `${notes.join('')}${parts.join('')}${parts.length > 0 ? '\n' : ''}${counts} compared: ${sum}\n`;
}

export function countDifferences(reports: readonly PartReport[]): number {
  return reports.reduce((sum, { differences }) => sum + differences.length, 0);
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
