import { setTimeout as sleep } from 'node:timers/promises';
import { isMissing, type Outcome, runCommand, showCommand } from './command.ts';
import type { Progress } from './progress.ts';
import { lookAtRelease, type Seen } from './seen.ts';
import { type Act, type Ask, ShipError, type Wait } from './target.ts';

const LOOK_EVERY_MS = 500;
/** A look at containers costs more than one at a port. */
const WATCH_EVERY_MS = 2_000;

export interface Stage {
  /** Where the kit is reached; asked when it is first needed. Throws ShipError when nobody can tell. */
  readonly findUrl: () => Promise<string>;
  /** The release that answered there before anything was done. */
  readonly served?: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly secrets: readonly string[];
  /** Only tells what would be done. */
  readonly isDry: boolean;
  readonly progress: Progress;
  /** Ctrl-C: the act that runs is given up, and what was done is taken back. */
  readonly signal: AbortSignal;
}

/**
 * Does one act after the other. When one fails, takes back what was done, the last first, that one included, and throws
 * ShipError with what happened.
 */
export async function perform(acts: readonly Act[], stage: Stage): Promise<void> {
  const begun: Act[] = [];
  for (const act of acts) {
    try {
      if (stage.signal.aborted) throw new ShipError('interrupted');
      begun.unshift(act);
      await performOne(act, stage);
    } catch (error) {
      const undo = begun.flatMap((each) => each.undo ?? []);
      if (undo.length > 0) {
        stage.progress.note('taking it back');
        await takeBack(undo, stage);
      }
      throw error;
    }
  }
}

/** Whatever fails of it: the rest is done all the same. */
async function takeBack(acts: readonly Act[], stage: Stage): Promise<void> {
  const calm = { ...stage, signal: new AbortController().signal };
  for (const act of acts) {
    try {
      await performOne(act, calm);
    } catch (error) {
      stage.progress.note(`this could not be taken back: ${error instanceof Error ? error.message : error}`);
    }
  }
}

async function performOne(act: Act, stage: Stage): Promise<void> {
  const { run } = act;
  const { progress, isDry, secrets } = stage;
  if (typeof run === 'function' || 'until' in run) {
    if (isDry) return progress.plan(act.does);
    await progress.during(act.does, typeof run === 'function' ? run : () => awaitRelease(run, stage));
    if (stage.signal.aborted) throw new ShipError('interrupted');
    return;
  }
  const shown = showCommand(run, secrets);
  if (isDry) return progress.plan(act.does, shown);
  await progress.during(act.does, async () => {
    const outcome = await runCommand(run, stage);
    if (stage.signal.aborted) throw new ShipError('interrupted', outcome.output);
    if (outcome.code !== 0) throw failure(act.does, shown, outcome);
  });
}

/** Asks what only a program can tell. In a dry run, what cannot be asked counts as nothing there. */
export function askOf(stage: Omit<Stage, 'findUrl' | 'served'>): Ask {
  return async (command, mayFail) => {
    const outcome = await runCommand(command, stage);
    if (stage.signal.aborted) throw new ShipError('interrupted');
    if (outcome.code === 0) return outcome;
    if (mayFail !== undefined && !isMissing(outcome)) return { ...outcome, stdout: '' };
    if (stage.isDry) return { code: 0, stdout: '', output: '' };
    throw failure('look at what is there', showCommand(command, stage.secrets), outcome);
  };
}

function failure(does: string, shown: string, outcome: Outcome): ShipError {
  const what = isMissing(outcome) ? 'there is no such program' : `it ended with exit code ${outcome.code}`;
  return new ShipError(`"${does}" failed: ${what}\n  ${shown}`, outcome.output);
}

/** Throws ShipError with what was seen last, when it does not come in time or can no longer come. */
async function awaitRelease(
  { until, release, isAnother = false, withinMs, watch }: Wait,
  stage: Stage,
): Promise<void> {
  const url = await stage.findUrl();
  const limit = performance.now() + withinMs;
  let nextWatch = performance.now() + WATCH_EVERY_MS;
  let seen: Seen = { tells: 'nothing was looked at' };
  while (performance.now() < limit) {
    seen = await lookAtRelease(url, until);
    const isIt =
      release === undefined ? !isAnother || seen.release !== stage.served : seen.release === release;
    if (seen.isGood && isIt) return;
    if (seen.failed !== undefined && isIt) {
      const log = watch === undefined ? '' : (await runCommand(watch.logs, stage)).output;
      throw new ShipError(`${release ?? 'the kit'} does not come up: ${seen.failed}`, log);
    }
    if (stage.signal.aborted) throw new ShipError('interrupted');
    if (watch !== undefined && performance.now() > nextWatch) {
      const outcome = await runCommand(watch.command, stage);
      if (outcome.code === 0 && watch.hasEnded(outcome)) {
        const { output } = await runCommand(watch.logs, stage);
        throw new ShipError(`${release ?? 'it'} has ended; its log says why`, output);
      }
      nextWatch = performance.now() + WATCH_EVERY_MS;
    }
    await sleep(LOOK_EVERY_MS);
  }
  const log = watch === undefined ? '' : (await runCommand(watch.logs, stage)).output;
  throw new ShipError(
    `${release ?? 'the kit'} was not ${until === 'open' ? 'there' : 'healthy'} within ${withinMs / 1000} s at ${url}: ${seen.tells}`,
    log,
  );
}
