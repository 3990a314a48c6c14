import { errorText } from '../../services/contract/errors.ts';
import { type RehearsalContext, type Step, untilReady } from './context.ts';
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

/**
 * Runs the selected steps one after the other. A step that fails hinders none after it; after Ctrl-C no further one is
 * tried. `why`: nothing can be tried at all.
 */
export async function runSteps(
  steps: readonly Step[],
  { only, skip }: Selection,
  progress: Progress,
  context: RehearsalContext | string,
): Promise<StepRecord[]> {
  const records: StepRecord[] = [];
  for (const [index, step] of steps.entries()) {
    const { name, title } = step;
    const findings = new Findings();
    progress.begin(`${String(index + 1).padStart(2)}/${steps.length} ${title}`);
    if (only?.includes(name) === false || skip.includes(name)) findings.notTried('not selected');
    else if (typeof context === 'string') findings.notTried(context);
    else if (step.needsRecipient && context.options.to === undefined) findings.notTried('no --to NUMBER');
    else await runStep(step, context, findings);
    const { outcome } = findings;
    const told = outcomeText(outcome);
    // On the screen as in the report: a user may paste either.
    const shown = typeof context === 'string' ? told : String(publish(told, context.secrets));
    records.push({ name, title, outcome, seconds: progress.end(shown) });
  }
  return records;
}

async function runStep(step: Step, context: RehearsalContext, findings: Findings): Promise<void> {
  const { signal } = context;
  try {
    signal.throwIfAborted();
    await untilReady(context);
    await step.run(context, findings);
  } catch (error) {
    if (signal.aborted) findings.notTried(INTERRUPTED);
    else findings.fails(ownWords(errorText(error)));
  }
}
