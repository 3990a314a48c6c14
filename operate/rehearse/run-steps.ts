import { errorText } from '../../services/contract/errors.ts';
import {
  NotReadyError,
  READY_MS,
  type RehearsalContext,
  SHORT_MS,
  type Step,
  untilReady,
} from './context.ts';
import { Findings } from './outcome.ts';
import { ownWords } from './own-words.ts';
import type { Progress } from './progress.ts';
import { publish } from './publish.ts';
import { outcomeText, type StepRecord } from './report.ts';

export interface Selection {
  readonly only: readonly string[] | undefined;
  readonly skip: readonly string[];
}

export const INTERRUPTED = 'interrupted';

/** Why nothing goes on. */
export function interruptionOf({ reason }: AbortSignal): string {
  return reason instanceof Error && reason.name === 'Error' ? reason.message : INTERRUPTED;
}

/**
 * Runs the selected steps one after the other. A step that fails hinders none after it, but a session that did not get
 * ready is given less time then; after Ctrl-C no further step is tried. `context` is a text when nothing can be tried.
 */
export async function runSteps(
  steps: readonly Step[],
  { only, skip }: Selection,
  progress: Progress,
  context: RehearsalContext | string,
): Promise<StepRecord[]> {
  const records: StepRecord[] = [];
  let readyMs = READY_MS;
  for (const [index, step] of steps.entries()) {
    const { name, title } = step;
    const findings = new Findings();
    progress.begin(`${String(index + 1).padStart(2)}/${steps.length} ${title}`);
    if (only?.includes(name) === false || skip.includes(name)) findings.notTried('not selected');
    else if (typeof context === 'string') findings.notTried(context);
    else if (step.needsRecipient && context.options.to === undefined) findings.notTried('no --to NUMBER');
    else readyMs = (await runStep(step, context, findings, readyMs)) ? READY_MS : SHORT_MS;
    const { outcome } = findings;
    const told = outcomeText(outcome);
    // On the screen as in the report: a user may paste either.
    const shown = typeof context === 'string' ? told : String(publish(told, context.secrets));
    records.push({ name, title, outcome, seconds: progress.end(shown) });
  }
  return records;
}

/** False when the session did not get ready. */
async function runStep(
  step: Step,
  context: RehearsalContext,
  findings: Findings,
  readyMs: number,
): Promise<boolean> {
  const { signal } = context;
  try {
    signal.throwIfAborted();
    await untilReady(context, undefined, readyMs);
    await step.run(context, findings);
    return true;
  } catch (error) {
    if (signal.aborted) findings.notTried(interruptionOf(signal));
    else findings.fails(ownWords(errorText(error)));
    return !(error instanceof NotReadyError);
  }
}
