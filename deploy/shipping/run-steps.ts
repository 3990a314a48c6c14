import type { Clock } from './clock.ts';
import { type Commands, isMissing, type Outcome, showCommand } from './command.ts';
import type { Outside } from './outside.ts';
import type { Probe } from './probe.ts';
import type { Progress } from './progress.ts';
import { type Ask, ShipError, type Step, type Wait } from './target.ts';

const LOOK_EVERY_MS = 500;
/** A look at containers costs more than one at a port. */
const WATCH_EVERY_MS = 2_000;

/** What every step of a deploy works with. */
export interface DeployContext extends Commands {
  /** Where the kit is reached; asked when it is first needed. Throws ShipError when nobody can tell. */
  readonly findUrl: () => Promise<string>;
  /** The release that answered there before anything was done. */
  readonly served?: string;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly secrets: readonly string[];
  /** Only shows what would be done. */
  readonly isDry: boolean;
  readonly progress: Progress;
  /** Ctrl-C: the step that runs is given up, and what was done is undone. */
  readonly signal: AbortSignal;
}

/**
 * Runs one step after the other. When one fails, undoes what was done, the failed step first, and throws ShipError with
 * what happened.
 */
export async function runSteps(steps: readonly Step[], context: DeployContext): Promise<void> {
  const begun: Step[] = [];
  for (const step of steps) {
    try {
      if (context.signal.aborted) throw new ShipError('interrupted');
      begun.unshift(step);
      await runStep(step, context);
    } catch (error) {
      const undo = begun.flatMap((each) => each.undo ?? []);
      if (undo.length > 0) {
        context.progress.note('taking it back');
        await undoSteps(undo, context);
      }
      throw error;
    }
  }
}

/** Runs each step, also when one before it has failed. */
async function undoSteps(steps: readonly Step[], context: DeployContext): Promise<void> {
  const calm = { ...context, signal: new AbortController().signal };
  for (const step of steps) {
    try {
      await runStep(step, calm);
    } catch (error) {
      context.progress.note(
        `this could not be taken back: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
}

async function runStep(step: Step, context: DeployContext): Promise<void> {
  const { run } = step;
  const { progress, isDry, secrets } = context;
  if (typeof run === 'function' || 'until' in run) {
    if (isDry) return progress.plan(step.title);
    await progress.during(step.title, typeof run === 'function' ? run : () => awaitRelease(run, context));
    if (context.signal.aborted) throw new ShipError('interrupted');
    return;
  }
  const shown = showCommand(run, secrets);
  if (isDry) return progress.plan(step.title, shown);
  await progress.during(step.title, async () => {
    const outcome = await context.run(run, context);
    if (context.signal.aborted) throw new ShipError('interrupted', outcome.output);
    if (outcome.code !== 0) throw failure(step.title, shown, outcome);
  });
}

/** Runs commands that only look. In a dry run, a command that fails counts as an empty answer. */
export function createAsk(context: Omit<DeployContext, 'findUrl' | 'served'>): Ask {
  return async (command, mayFail) => {
    const outcome = await context.run(command, context);
    if (context.signal.aborted) throw new ShipError('interrupted');
    if (outcome.code === 0) return outcome;
    if (mayFail !== undefined && !isMissing(outcome)) return { ...outcome, stdout: '' };
    if (context.isDry) return { code: 0, stdout: '', output: '' };
    throw failure('look at what is there', showCommand(command, context.secrets), outcome);
  };
}

function failure(title: string, shown: string, outcome: Outcome): ShipError {
  const what = isMissing(outcome) ? 'there is no such program' : `it ended with exit code ${outcome.code}`;
  return new ShipError(`"${title}" failed: ${what}\n  ${shown}`, outcome.output);
}

/** Waits until a release answers. Throws ShipError with the last probe when it does not answer in time, or cannot answer any more. */
async function awaitRelease(
  { until, release, isAnother = false, withinMs, watch }: Wait,
  context: DeployContext,
): Promise<void> {
  const { clock, outside } = context;
  const url = await context.findUrl();
  const limit = clock.nowMs() + withinMs;
  let nextWatch = clock.nowMs() + WATCH_EVERY_MS;
  let probe: Probe = { summary: 'nothing was looked at' };
  while (clock.nowMs() < limit) {
    probe = await outside.probe(url, until);
    const isIt =
      release === undefined ? !isAnother || probe.release !== context.served : probe.release === release;
    if (probe.isUp && isIt) return;
    if (probe.failed !== undefined && isIt) {
      const log = watch === undefined ? '' : (await context.run(watch.logs, context)).output;
      throw new ShipError(`${release ?? 'the kit'} does not come up: ${probe.failed}`, log);
    }
    if (context.signal.aborted) throw new ShipError('interrupted');
    if (watch !== undefined && clock.nowMs() > nextWatch) {
      const outcome = await context.run(watch.command, context);
      if (outcome.code === 0 && watch.hasEnded(outcome)) {
        const { output } = await context.run(watch.logs, context);
        throw new ShipError(`${release ?? 'it'} has ended; its log says why`, output);
      }
      nextWatch = clock.nowMs() + WATCH_EVERY_MS;
    }
    await clock.sleep(LOOK_EVERY_MS);
  }
  const log = watch === undefined ? '' : (await context.run(watch.logs, context)).output;
  throw new ShipError(
    `${release ?? 'the kit'} was not ${until === 'open' ? 'there' : 'healthy'} within ${withinMs / 1000} s at ${url}: ${probe.summary}`,
    log,
  );
}
