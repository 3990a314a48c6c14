import assert from 'node:assert/strict';
import { type Report, type Row, type RowName, reportSchema } from '../../../../operate/smoke/report.ts';
import { type SmokeOptions, smoke } from '../../../../operate/smoke/smoke.ts';

/**
 * Runs the smoke test without the long wait for a second answer: a deployment on this machine sends both at once. All
 * other limits are the defaults, unless given.
 */
export function smokeNearby(url: string, options: SmokeOptions = {}): Promise<Report> {
  return smoke(url, { ...options, limits: { lingerMs: 20, ...options.limits } });
}

export function rowOf(report: Report, name: RowName): Row {
  const row = report.rows.find((candidate) => candidate.name === name);
  assert.ok(row !== undefined, `no row ${name}`);
  return row;
}

/** The names of the rows in this state. */
export function named(report: Report, state: Row['state']): RowName[] {
  return report.rows.filter((row) => row.state === state).map(({ name }) => name);
}

/** Fails unless exactly these rows have failed, each with its cause and remedy, and the report says so as a whole. */
export function assertFailed(report: Report, ...names: readonly RowName[]): void {
  reportSchema.parse(report);
  assert.deepEqual(named(report, 'failed'), names, JSON.stringify(report.rows, null, 1));
  assert.equal(report.ok, names.length === 0);
  for (const name of names) {
    const { cause, remedy, evidence } = rowOf(report, name);
    assert.ok(cause !== undefined && remedy !== undefined && evidence !== '', name);
  }
}
