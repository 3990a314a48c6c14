import { errorText } from '../../services/contract/errors.ts';
import { type Check, DEADLINE_MS, type Finding, severities } from './check.ts';
import type { Context } from './context.ts';
import type { Redact } from './redact.ts';
import type { Row } from './report.ts';

/** Runs the checks at the same time, each within its deadline; one that fails becomes a row. Never rejects. */
export function runChecks(
  checks: readonly Check[],
  context: Context,
  redact: Redact,
): Promise<readonly Row[]> {
  const asked = checks.filter(({ where }) => context.isLocal || where !== 'machine');
  return Promise.all(asked.map((check) => runCheck(check, context, redact)));
}

async function runCheck(check: Check, context: Context, redact: Redact): Promise<Row> {
  const startedAt = performance.now();
  const findings = await within(check, context).catch((error: unknown) => [couldNotLook(errorText(error))]);
  return {
    id: check.id,
    title: check.title,
    group: check.group,
    severity: worst(findings),
    ms: Math.round(performance.now() - startedAt),
    findings: findings.slice(0, MOST_FINDINGS).map((finding) => redactFinding(finding, redact)),
  };
}

/** A promise of its own, so that a check that throws at once is caught too. */
async function within(check: Check, context: Context): Promise<readonly Finding[]> {
  const deadlineMs = check.deadlineMs ?? DEADLINE_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(() => resolve([couldNotLook(`it took longer than ${deadlineMs} ms`)]), deadlineMs);
  });
  try {
    return await Promise.race([check.run(context), late]);
  } finally {
    clearTimeout(timer);
  }
}

function couldNotLook(why: string): Finding {
  return { severity: 'unknown', evidence: [`could not look: ${why}`] };
}

function worst(findings: readonly Finding[]): Row['severity'] {
  if (findings.length === 0) return 'skipped';
  return severities[Math.max(...findings.map(({ severity }) => severities.indexOf(severity)))] ?? 'unknown';
}

/** What a stranger answers must not become a report without end. */
const MOST_FINDINGS = 20;
const MOST_LINES = 100;
const MOST_CHARACTERS = 500;

/** A finding that others may read. */
export function redactFinding({ severity, evidence, cause, remedy }: Finding, redact: Redact): Finding {
  return {
    severity,
    evidence: evidence.slice(0, MOST_LINES).map((line) => redact(line).slice(0, MOST_CHARACTERS)),
    ...(cause === undefined ? {} : { cause: redact(cause) }),
    ...(remedy === undefined ? {} : { remedy: redact(remedy) }),
  };
}
