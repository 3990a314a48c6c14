import type { Attack } from './attack.ts';
import type { Seen } from './backends/seen.ts';

/** A case, with what does not hold of it. */
export interface Failure {
  /** Undefined where it is not known which case of many did it. */
  readonly text: string | undefined;
  readonly caseId: string;
  readonly faults: readonly string[];
  readonly received: string;
  readonly seen: readonly Seen[];
}

/** All that it takes to understand a failing case, and to run it again; no index where it is one of many. */
export function describeFailure(attack: Attack, index: number | undefined, failure: Failure): string {
  const { kind, backend, seed } = attack;
  const which = `SEED=${seed} GATE=${kind.name} BACKEND=${backend}`;
  return [
    ...failure.faults.map((fault) => `- ${fault}`),
    `${kind.name} gate before ${backend}, seed ${seed}, ${index === undefined ? 'one of many cases' : `case ${index}`}`,
    ...(failure.text === undefined ? [] : [`sent: ${escapeBytes(failure.text)}`]),
    ...(failure.received === '' ? [] : [`received: ${escapeBytes(failure.received)}`]),
    ...failure.seen.map(({ method, target, zone, resolved, body, isWhole }) =>
      [
        'seen:',
        method,
        escapeBytes(target),
        zone,
        escapeBytes(resolved),
        escapeBytes(body),
        isWhole ? 'whole' : 'cut',
      ].join(' '),
    ),
    `again: make fuzz ${which}${index === undefined ? '' : ` CASE=${index}`}`,
  ].join('\n');
}

/** Bytes as they would stand in a string of JavaScript; what is repeated very often is told once. */
export function escapeBytes(text: string): string {
  const short = text.replace(
    /(.{1,20}?)\1{39,}/gs,
    (all, unit: string) => `${unit}<${all.length / unit.length} times>`,
  );
  return `"${short.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, escapeByte)}"`;
}

function escapeByte(byte: string): string {
  const short = SHORT[byte];
  return short ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

const SHORT: Readonly<Record<string, string>> = {
  '\r': '\\r',
  '\n': '\\n',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};
