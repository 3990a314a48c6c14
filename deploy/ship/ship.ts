import type { Report } from '../smoke/report.ts';
import { smoke } from '../smoke/smoke.ts';
import { askOf, perform, type Stage } from './perform.ts';
import { awaitSettled } from './seen.ts';
import { type Act, type Plan, ShipError, type Shipment, type Target } from './target.ts';

/** For the release before to be healthy again after a deploy that has failed. */
const BACK_WITHIN_MS = 120_000;
/** For a browser to start and its page to load; a kit without a phone is as good a kit. */
const SETTLES_WITHIN_MS = 60_000;

export interface Shipped {
  readonly url: string;
  readonly previous?: string;
  /** None of a dry run. */
  readonly report?: Report;
}

/**
 * Ships: builds and rehearses, switches, waits for health, and looks at it from outside; when any of that fails, what was
 * done is taken back, so that the release before serves on. Throws ShipError with what is the case then.
 */
export async function deploy(
  target: Target,
  shipment: Shipment,
  stage: Omit<Stage, 'url'>,
): Promise<Shipped> {
  return carryOut(await target.plan(shipment, askOf(stage)), shipment, stage);
}

/** Goes back to the release before, in the same way. Throws ShipError. */
export async function rollBack(
  target: Target,
  shipment: Shipment,
  stage: Omit<Stage, 'url'>,
): Promise<Shipped> {
  return carryOut(await target.planRollback(shipment, askOf(stage)), shipment, stage);
}

async function carryOut(plan: Plan, { secrets }: Shipment, on: Omit<Stage, 'url'>): Promise<Shipped> {
  const { previous, release, url } = plan;
  const stage: Stage = { ...on, url };
  await perform(plan.before, stage).catch((error: unknown) => {
    throw told(
      error,
      previous === undefined ? 'nothing was started' : `${previous} was not touched, and serves on`,
    );
  });
  let report: Report | undefined;
  const settle: Act = {
    does: 'wait until WhatsApp is ready there, or wants a phone',
    run: async () => void (await awaitSettled(url, SETTLES_WITHIN_MS)),
  };
  const look: Act = {
    does: `look at it from outside (gatehouse smoke ${url})`,
    run: async () => {
      const apiKey = secrets.API_KEYS?.split(',')[0];
      report = await smoke(url, { apiKey, expectRelease: release });
      if (!report.ok) throw new ShipError('it fails when looked at from outside', describeFailures(report));
    },
  };
  await perform([...plan.acts, settle, look], stage).catch(async (error: unknown) => {
    throw told(error, await whatServes(previous, stage));
  });
  return {
    url,
    ...(previous === undefined ? {} : { previous }),
    ...(report === undefined ? {} : { report }),
  };
}

async function whatServes(previous: string | undefined, stage: Stage): Promise<string> {
  if (previous === undefined) return 'there was no release before it to go back to';
  const isBack: Act = {
    does: `wait until ${previous} is healthy again`,
    run: { until: 'healthy', release: previous, withinMs: BACK_WITHIN_MS },
  };
  try {
    await perform([isBack], { ...stage, signal: new AbortController().signal });
    return `${previous} serves again`;
  } catch (error) {
    return `${previous} DOES NOT SERVE (${error instanceof Error ? error.message : error}): make status and make logs tell more`;
  }
}

function told(error: unknown, state: string): Error {
  if (!(error instanceof ShipError)) return error instanceof Error ? error : new Error(String(error));
  return new ShipError(`${error.message}\n${state}`, error.said);
}

function describeFailures({ rows }: Report): string {
  return rows
    .filter(({ state }) => state === 'failed')
    .map(({ name, evidence, cause, remedy }) => `${name}: ${evidence}\n  ${cause ?? ''}\n  ${remedy ?? ''}`)
    .join('\n');
}
