import { type Paint, printFinding, severityMark } from '../print.ts';
import type { MessageReport } from './follow.ts';

/** The way of a message for people: each hop with its time, then where it waits and what to do. */
export function printMessage(report: MessageReport, paint: Paint): string {
  const { id, status, hops = [], waits_for: waitsFor, finding, target } = report;
  const head = `Gatehouse doctor: message ${id} at ${target}${status === undefined ? '' : `, ${status}`}\n\n`;
  const way = hops.map(({ name, at }) => {
    const mark = at !== undefined ? paint('green', '✓') : name === waitsFor ? paint('yellow', '…') : ' ';
    return `  ${mark} ${name.padEnd(10)} ${at ?? (name === waitsFor ? 'waits here' : '')}`.trimEnd();
  });
  const lines = way.length === 0 ? '' : `${way.join('\n')}\n\n`;
  return `${head}${lines}  ${severityMark(finding.severity, paint)} ${finding.severity}\n${printFinding(finding, paint)}`;
}
