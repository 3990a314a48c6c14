import { createContext, type DoctorOptions } from './context.ts';
import { createRedact, type Redact } from './redact.ts';
import { checks } from './registry.ts';
import { makeReport, type Report } from './report.ts';
import { runChecks } from './run-checks.ts';

/** Runs every check that applies. Never rejects for what it finds. */
export async function examine(options: DoctorOptions): Promise<Report> {
  const context = createContext(options);
  const redact = createRedact([context.config, context.intended.config], {
    ...options.env,
    ...options.settings,
  });
  const rows = await runChecks(checks, context, redact);
  const head = {
    target: targetOf(options, redact),
    node: process.versions.node,
    profile: context.config.profile,
  };
  return makeReport(head, rows);
}

/** Without user, password and query. */
export function targetOf({ url }: Pick<DoctorOptions, 'url'>, redact: Redact): string {
  return url === undefined ? 'this machine' : redact(url.origin);
}
