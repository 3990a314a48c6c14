import type { Report } from '../../operate/smoke/report.ts';
import { smoke } from '../../operate/smoke/smoke.ts';
import { askOf, perform, type Stage } from './perform.ts';
import { awaitSettled, lookAtRelease } from './seen.ts';
import { type Act, type Plan, ShipError, type Shipment, type Target } from './target.ts';

/** For the release before to be healthy again after a deploy that has failed. */
const BACK_WITHIN_MS = 120_000;
/** For a browser to start and its page to load; a kit without a phone is as good a kit. */
const SETTLES_WITHIN_MS = 60_000;

export interface Shipped {
  /** None where nobody said where it is reached. */
  readonly url?: string;
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
  stage: Omit<Stage, 'findUrl'>,
): Promise<Shipped> {
  return carryOut(await target.plan(shipment, askOf(stage)), shipment, stage);
}

/** Goes back to the release before, in the same way. Throws ShipError. */
export async function rollBack(
  target: Target,
  shipment: Shipment,
  stage: Omit<Stage, 'findUrl'>,
): Promise<Shipped> {
  return carryOut(await target.planRollback(shipment, askOf(stage)), shipment, stage);
}

async function carryOut(plan: Plan, { secrets }: Shipment, on: Omit<Stage, 'findUrl'>): Promise<Shipped> {
  const { previous, release } = plan;
  const findUrl = addressOf(plan, on);
  const served =
    on.isDry || previous === undefined || plan.url === undefined ? undefined : await nameAt(findUrl);
  const stage: Stage = { ...on, findUrl, ...(served === undefined ? {} : { served }) };
  await perform(plan.before, stage).catch((error: unknown) => {
    throw told(
      error,
      previous === undefined ? 'nothing was started' : `${previous} was not touched, and serves on`,
    );
  });
  let report: Report | undefined;
  const settle: Act = {
    does: 'wait until WhatsApp is ready there, or wants a phone',
    run: async () => void (await awaitSettled(await stage.findUrl(), SETTLES_WITHIN_MS, stage.signal)),
  };
  const look: Act = {
    does: `look at it from outside (gatehouse smoke${typeof plan.url === 'string' ? ` ${plan.url}` : ''})`,
    run: async () => {
      const apiKey = secrets.API_KEYS?.split(',')[0];
      report = await smoke(await stage.findUrl(), { apiKey, expectRelease: release });
      if (!report.ok) throw new ShipError('it fails when looked at from outside', describeFailures(report));
    },
  };
  await perform([...plan.acts, ...(plan.url === undefined ? [] : [settle, look])], stage).catch(
    async (error: unknown) => {
      throw told(error, await whatServes(plan, stage));
    },
  );
  await perform(plan.after ?? [], stage).catch((error: unknown) =>
    stage.progress.note(`it serves, but ${error instanceof Error ? error.message : error}`),
  );
  return {
    ...(plan.url === undefined || stage.isDry ? {} : { url: await stage.findUrl() }),
    ...(previous === undefined ? {} : { previous }),
    ...(report === undefined ? {} : { report }),
  };
}

/** Asks at most once, and not before something needs it. */
function addressOf({ url }: Plan, on: Omit<Stage, 'findUrl'>): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    if (typeof url === 'string') return url;
    known ??= url === undefined ? undefined : url.read(await askOf(on)(url.command));
    if (known === undefined)
      throw new ShipError(
        'nobody can tell where it is reached: say so with --url https://… (make deploy URL=https://…), or as domain in config/deployment.ts',
      );
    return known;
  };
}

/** The release that gives its name at the public port before anything is done: the one to see again if it is taken back. */
async function nameAt(findUrl: () => Promise<string>): Promise<string | undefined> {
  return (await lookAtRelease(await findUrl(), 'open')).release;
}

async function whatServes({ previous, url }: Plan, stage: Stage): Promise<string> {
  if (previous === undefined) return 'there was no release before it to go back to';
  if (url === undefined) return `${previous} was started again; make status tells whether it serves`;
  const isBack: Act = {
    does: `wait until ${previous} is healthy again`,
    run: {
      until: 'healthy',
      ...(stage.served === undefined ? {} : { release: stage.served }),
      withinMs: BACK_WITHIN_MS,
    },
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
