import { styleText } from 'node:util';
import { type Finding, groups } from './check.ts';
import type { Report, Row } from './report.ts';

type Colour = 'green' | 'yellow' | 'red' | 'cyan' | 'dim' | 'bold';
export type Paint = (colour: Colour, text: string) => string;

/** Colours only where a terminal shows them. */
export function paintFor(isTerminal: boolean): Paint {
  return (colour, text) => (isTerminal ? styleText(colour, text, { validateStream: false }) : text);
}

const MARKS: Readonly<Record<Row['severity'], readonly [mark: string, colour: Colour]>> = {
  good: ['✓', 'green'],
  note: ['·', 'cyan'],
  unknown: ['?', 'yellow'],
  warning: ['!', 'yellow'],
  error: ['✗', 'red'],
  skipped: [' ', 'dim'],
};

/** `✓`, `!`, `✗` and the like. */
export function severityMark(severity: Row['severity'], paint: Paint): string {
  const [mark, colour] = MARKS[severity];
  return paint(colour, mark);
}

/** The report for people: by group, evidence below each row, then the cause and what to do. */
export function printReport(report: Report, paint: Paint): string {
  const blocks = groups.flatMap((group) => {
    const rows = report.checks.filter((row) => row.group === group && row.severity !== 'skipped');
    return rows.length === 0
      ? []
      : [`${paint('bold', group)}\n${rows.map((row) => printRow(row, paint)).join('')}`];
  });
  const head = `Gatehouse doctor: ${report.target} (profile ${report.profile}, node ${report.node})\n\n`;
  return `${head}${blocks.join('\n')}\n${printSummary(report, paint)}`;
}

function printRow({ title, severity, findings }: Row, paint: Paint): string {
  const head = `  ${severityMark(severity, paint)} ${title}`;
  const [only] = findings;
  // What is good takes one line.
  if (severity === 'good' && only !== undefined && findings.length === 1 && only.evidence.length <= 1)
    return `${head}${only.evidence[0] === undefined ? '' : paint('dim', `: ${only.evidence[0]}`)}\n`;
  return `${head}\n${findings.map((finding) => printFinding(finding, paint)).join('')}`;
}

/** Evidence, cause and next step, indented below their row. */
export function printFinding({ evidence, cause, remedy }: Finding, paint: Paint): string {
  return [
    ...evidence.map((line) => `      ${paint('dim', line)}\n`),
    ...(cause === undefined ? [] : [`      ${cause}\n`]),
    ...(remedy === undefined ? [] : [`      → ${remedy}\n`]),
  ].join('');
}

function printSummary({ summary, exit_code }: Report, paint: Paint): string {
  const parts = [
    count(summary.error, 'error'),
    count(summary.warning, 'warning'),
    summary.unknown === 0 ? [] : [`${summary.unknown} could not be looked at`],
    count(summary.note, 'note'),
    [`${summary.good} good`],
  ].flat();
  const colour = exit_code === 2 ? 'red' : exit_code === 1 ? 'yellow' : 'green';
  return `${paint(colour, parts.join(', '))}; exit code ${exit_code}. Secrets, numbers and chats are left out: this may be pasted in public.\n`;
}

function count(amount: number, word: string): string[] {
  return amount === 0 ? [] : [`${amount} ${word}${amount === 1 ? '' : 's'}`];
}
