import { fieldOf } from '../json.ts';
import { type Known, normaliseText } from '../normalise.ts';
import { TIMED_LINES } from './timed-lines.ts';

/** Numbers in messages that differ between two runs of the same code. */
const NUMBERS: readonly (readonly [pattern: RegExp, word: string])[] = [
  [/\b(?:pid|process) \d+/g, 'process <pid>'],
  [/\b\d+(?:\.\d+)? ms\b/g, '<ms> ms'],
];

/**
 * Returns the set of log lines, without their times: `service level message {names of the fields}`. Lines whose appearance
 * depends on timing are left out.
 */
export function logLines(output: string, known: Known): readonly string[] {
  const lines = output.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    const text = normaliseText(readLine(line), known);
    return TIMED_LINES.some(({ pattern }) => pattern.test(text)) ? [] : [text];
  });
  return [...new Set(lines)].sort();
}

function readLine(line: string): string {
  if (!line.startsWith('{')) return `(no JSON) ${line}`;
  const parsed: unknown = JSON.parse(line);
  const service = fieldOf(parsed, 'name') ?? '-';
  let message = String(fieldOf(parsed, 'msg'));
  for (const [pattern, word] of NUMBERS) message = message.replace(pattern, word);
  return `${service} ${fieldOf(parsed, 'level')} ${message} {${fieldNames(parsed).join(', ')}}`;
}

function fieldNames(parsed: unknown): readonly string[] {
  const names = typeof parsed === 'object' && parsed !== null ? Object.keys(parsed) : [];
  return names.filter((name) => !['level', 'time', 'name', 'msg'].includes(name)).sort();
}
