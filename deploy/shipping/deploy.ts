import type { Report } from '../../operate/smoke/report.ts';
import { createAsk, type DeployContext, runSteps } from './run-steps.ts';
import { type Plan, ShipError, type Shipment, type Step, type Target } from './target.ts';

/** For the release before to be healthy again after a deploy that has failed. */
const BACK_WITHIN_MS = 120_000;
/** For a browser to start and its page to load; a kit without a phone is as good a kit. */
const SETTLES_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 500;
/** Where a session may stay: it works, or waits for somebody. Source: `services/contract/events.ts`. */
const SETTLED = ['ready', 'qr', 'pairing', 'passkey', 'offline', 'degraded', 'stopped'];

export interface Shipped {
  /** Undefined where nobody has said where it is reached. */
  readonly url?: string;
  readonly previous?: string;
  /** None of a dry run. */
  readonly report?: Report;
}

/**
 * Ships: builds and rehearses, switches, waits for health, and looks at it from outside. When any of that fails, what was
 * done is undone, so that the previous release serves on. Throws ShipError, which says what serves then.
 */
export async function deploy(
  target: Target,
  shipment: Shipment,
  context: Omit<DeployContext, 'findUrl'>,
): Promise<Shipped> {
  return carryOut(await target.plan(shipment, createAsk(context)), shipment, context);
}

/** Goes back to the release before, in the same way. Throws ShipError. */
export async function rollBack(
  target: Target,
  shipment: Shipment,
  context: Omit<DeployContext, 'findUrl'>,
): Promise<Shipped> {
  return carryOut(await target.planRollback(shipment, createAsk(context)), shipment, context);
}

async function carryOut(
  plan: Plan,
  { secrets }: Shipment,
  base: Omit<DeployContext, 'findUrl'>,
): Promise<Shipped> {
  const { previous, release } = plan;
  const findUrl = createFindUrl(plan, base);
  const served =
    base.isDry || previous === undefined || plan.url === undefined
      ? undefined
      : await releaseAt(base, findUrl);
  const context: DeployContext = { ...base, findUrl, ...(served === undefined ? {} : { served }) };
  await runSteps(plan.before, context).catch((error: unknown) => {
    throw withState(
      error,
      previous === undefined ? 'nothing was started' : `${previous} was not touched, and serves on`,
    );
  });
  let report: Report | undefined;
  const settled: Step = {
    title: 'wait until WhatsApp is ready there, or wants a phone',
    run: () => awaitWhatsApp(context),
  };
  const checked: Step = {
    title: `look at it from outside (gatehouse smoke${typeof plan.url === 'string' ? ` ${plan.url}` : ''})`,
    run: async () => {
      const apiKey = secrets.API_KEYS?.split(',')[0];
      report = await context.outside.smoke(await context.findUrl(), { apiKey, expectRelease: release });
      if (!report.ok) throw new ShipError('it fails when looked at from outside', describeFailures(report));
    },
  };
  await runSteps([...plan.steps, ...(plan.url === undefined ? [] : [settled, checked])], context).catch(
    async (error: unknown) => {
      throw withState(error, await whatServes(plan, context));
    },
  );
  await runSteps(plan.after ?? [], context).catch((error: unknown) =>
    context.progress.note(`it serves, but ${error instanceof Error ? error.message : error}`),
  );
  return {
    ...(plan.url === undefined || context.isDry ? {} : { url: await context.findUrl() }),
    ...(previous === undefined ? {} : { previous }),
    ...(report === undefined ? {} : { report }),
  };
}

/** Asks at most once, and not before something needs it. */
function createFindUrl({ url }: Plan, base: Omit<DeployContext, 'findUrl'>): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    if (typeof url === 'string') return url;
    known ??= url === undefined ? undefined : url.read(await createAsk(base)(url.command));
    if (known === undefined)
      throw new ShipError(
        'nobody can tell where it is reached: say so with --url https://… (make deploy URL=https://…), or as domain in config/deployment.ts',
      );
    return known;
  };
}

/** The release that gives its name at the public port before anything is done: the one to see again if it is taken back. */
async function releaseAt(
  { outside }: Pick<DeployContext, 'outside'>,
  findUrl: () => Promise<string>,
): Promise<string | undefined> {
  return (await outside.probe(await findUrl(), 'open')).release;
}

/** Waits, up to a limit, until WhatsApp is ready or waits for a phone. */
async function awaitWhatsApp({ clock, outside, signal, findUrl }: DeployContext): Promise<void> {
  const url = await findUrl();
  const limit = clock.nowMs() + SETTLES_WITHIN_MS;
  while (clock.nowMs() < limit && !signal.aborted) {
    const state = await outside.whatsAppState(url);
    if (state !== undefined && SETTLED.includes(state)) return;
    await clock.sleep(LOOK_EVERY_MS);
  }
}

async function whatServes({ previous, url }: Plan, context: DeployContext): Promise<string> {
  if (previous === undefined) return 'there was no release before it to go back to';
  if (url === undefined) return `${previous} was started again; make status tells whether it serves`;
  const isBack: Step = {
    title: `wait until ${previous} is healthy again`,
    run: {
      until: 'healthy',
      ...(context.served === undefined ? {} : { release: context.served }),
      withinMs: BACK_WITHIN_MS,
    },
  };
  try {
    await runSteps([isBack], { ...context, signal: new AbortController().signal });
    return `${previous} serves again`;
  } catch (error) {
    return `${previous} DOES NOT SERVE (${error instanceof Error ? error.message : error}): make status and make logs tell more`;
  }
}

function withState(error: unknown, state: string): Error {
  if (!(error instanceof ShipError)) return error instanceof Error ? error : new Error(String(error));
  return new ShipError(`${error.message}\n${state}`, error.output);
}

function describeFailures({ rows }: Report): string {
  return rows
    .filter(({ state }) => state === 'failed')
    .map(({ name, evidence, cause, remedy }) => `${name}: ${evidence}\n  ${cause ?? ''}\n  ${remedy ?? ''}`)
    .join('\n');
}
