import type { Finding, Group, Severity } from './check.ts';

/** One check, as it went. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly group: Group;
  /** The worst of its findings; `skipped`: the question does not arise here. */
  readonly severity: Severity | 'skipped';
  readonly ms: number;
  readonly findings: readonly Finding[];
}

/** What `gatehouse doctor --json` prints. A field may be added; none changes its meaning under the same `schema`. */
export interface Report {
  readonly schema: 1;
  readonly target: string;
  readonly at: string;
  readonly node: string;
  readonly profile: string;
  readonly summary: Readonly<Record<Row['severity'], number>>;
  readonly exit_code: 0 | 1 | 2;
  readonly checks: readonly Row[];
}

export type ReportHead = Pick<Report, 'target' | 'node' | 'profile'>;

export function makeReport(head: ReportHead, rows: readonly Row[], at = new Date()): Report {
  const count = (severity: Row['severity']) => rows.filter((row) => row.severity === severity).length;
  const summary = {
    error: count('error'),
    warning: count('warning'),
    unknown: count('unknown'),
    note: count('note'),
    good: count('good'),
    skipped: count('skipped'),
  };
  return {
    schema: 1,
    ...head,
    at: at.toISOString(),
    summary,
    exit_code: exitCodeOf(rows),
    checks: rows,
  };
}

/** 2 with an error; 1 with a warning, or with a check that could not look; else 0. */
export function exitCodeOf(rows: readonly { readonly severity: Row['severity'] }[]): 0 | 1 | 2 {
  if (rows.some(({ severity }) => severity === 'error')) return 2;
  return rows.some(({ severity }) => severity === 'warning' || severity === 'unknown') ? 1 : 0;
}
