import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './probe.ts';
import type { ServicePlan } from './service-plan.ts';

const FIRST_PAUSE_MS = 15;
/** What starts slowly is asked less often: the questions take time from it. Known to be ready late by a twentieth. */
const PAUSES_OF_START = 20;
const ANSWERS_WITHIN_MS = 1_000;

/** The last answer of a service that was awaited. */
export interface Readiness {
  readonly isReady: boolean;
  /** Undefined when it did not answer. */
  readonly status: number | undefined;
}

/**
 * Calls a service until it answers 200, or until its limit has passed. Gives undefined as soon as `isAwaited` says that
 * the answer no longer matters.
 */
export async function pollReady(
  { origin, declaration, limits }: ServicePlan,
  isAwaited: () => boolean,
): Promise<Readiness | undefined> {
  let since = performance.now();
  while (isAwaited()) {
    const answer = await ask(origin, declaration.readyPath, ANSWERS_WITHIN_MS);
    // Where this process cannot even ask, the service is not late.
    if (answer === 'not asked') since = performance.now();
    const status = typeof answer === 'object' ? answer.status : undefined;
    if (!isAwaited()) return undefined;
    if (status === 200) return { isReady: true, status };
    const waitedMs = performance.now() - since;
    if (waitedMs > limits.readyTimeoutMs) return { isReady: false, status };
    await sleep(Math.max(FIRST_PAUSE_MS, waitedMs / PAUSES_OF_START), undefined, { ref: false });
  }
  return undefined;
}

/** The log line of a service that was not ready in time. */
export function describeNotReady(
  { declaration, origin, limits }: ServicePlan,
  { status }: Readiness,
): string {
  const { name, readyPath } = declaration;
  const answer = status === undefined ? 'was not answered' : `was answered ${status}`;
  return `${name} was not ready within ${limits.readyTimeoutMs} ms: GET ${readyPath} at ${origin.host}:${origin.port} ${answer}: killed; see that it listens there, or raise START_TIMEOUT_MS if it needs longer`;
}
