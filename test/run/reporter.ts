import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import Mocha from 'mocha';
import { z } from 'zod';
import type { ResultLine } from './results.ts';

/**
 * Mocha's own report, with two changes: a failure is printed in full where it happens, not only at the end; and each
 * result goes to the file that TEST_RESULTS names, for the closing report of the whole run (`run/main.ts`).
 */
export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { EVENT_TEST_PASS, EVENT_TEST_FAIL } = Mocha.Runner.constants;
    runner.on(EVENT_TEST_PASS, (test) =>
      write({ kind: 'passed', title: test.fullTitle(), file: fileOf(test) }),
    );
    runner.on(EVENT_TEST_FAIL, (test, error: unknown) => {
      const failure = textOf(error);
      write({
        kind: 'failed',
        title: test.fullTitle(),
        file: fileOf(test),
        isHook: isHook(test),
        failure,
      });
      process.stdout.write(`${failure.replace(/^/gm, '      ')}\n`);
    });
  }

  /** The closing report of several runs comes from the process that started them. */
  override epilogue(): void {
    if (process.env.TEST_RESULTS === undefined) super.epilogue();
  }
}

function write(line: ResultLine): void {
  if (process.env.TEST_RESULTS !== undefined)
    appendFileSync(process.env.TEST_RESULTS, `${JSON.stringify(line)}\n`);
}

/** Mocha reports a failed hook as a failed test. */
function isHook(runnable: Mocha.Runnable): boolean {
  return runnable instanceof Mocha.Hook || ('type' in runnable && runnable.type === 'hook');
}

let lastFile = '';

/** A hook of `worker.ts` has no file; it ran for the test before it. */
function fileOf({ file, parent }: Mocha.Runnable): string {
  lastFile = file ?? parent?.file ?? lastFile;
  return relative(process.cwd(), lastFile);
}

const errorSchema = z.object({
  message: z.string(),
  stack: z.string().optional(),
  cause: z.unknown().optional(),
});

/** The message and the stack of an error, then those of each cause. Errors of a worker arrive as plain objects. */
function textOf(error: unknown): string {
  const parsed = errorSchema.safeParse(error);
  if (!parsed.success) return String(error);
  const { message, stack = message, cause } = parsed.data;
  const text = stack.includes(message) ? stack : `${message}\n${stack}`;
  return cause === undefined || cause === null ? text : `${text}\ncaused by: ${textOf(cause)}`;
}
