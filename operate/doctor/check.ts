import type { Context } from './context.ts';

/** How bad it is. `note`: worth knowing, nothing to do now. `unknown`: the check itself failed. */
export const severities = ['good', 'note', 'unknown', 'warning', 'error'] as const;
export type Severity = (typeof severities)[number];

/** What a check has found: what was seen, what it means, and the next step. */
export interface Finding {
  readonly severity: Severity;
  /** What was seen, with figures. Secrets are taken out later, at one place (`redact.ts`). */
  readonly evidence: readonly string[];
  readonly cause?: string;
  readonly remedy?: string;
}

/** The headings of the report, in its order. */
export const groups = ['Reached', 'Running', 'Ports', 'WhatsApp', 'Browser', 'Data', 'Machine'] as const;
export type Group = (typeof groups)[number];

/** One thing that may be wrong. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly group: Group;
  /** Whether it looks at this machine, at answers over HTTP, or at both. */
  readonly where: 'machine' | 'url' | 'both';
  /** What an operator sees when it fails, for the documents. */
  readonly finds: string;
  /** Longest it may take; `DEADLINE_MS` unless given. */
  readonly deadlineMs?: number;
  /** No finding at all means that the question does not arise here. */
  run(context: Context): readonly Finding[] | Promise<readonly Finding[]>;
}

export const DEADLINE_MS = 3_000;

export function good(...evidence: string[]): Finding[] {
  return [{ severity: 'good', evidence }];
}

/** A finding with its cause and its remedy. */
export function found(
  severity: 'note' | 'warning' | 'error',
  evidence: string | readonly string[],
  cause: string,
  remedy: string,
): Finding {
  return { severity, evidence: typeof evidence === 'string' ? [evidence] : evidence, cause, remedy };
}
