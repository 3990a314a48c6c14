import { readOptions } from './options.ts';
import { countDifferences, renderReport } from './report.ts';
import { runComparison } from './run.ts';

/** `make compare BASE=COMMIT`: exits with 1 when this tree does anything else than the base, and with 64 for wrong usage. */
const startedMs = performance.now();
const note = (text: string) =>
  void process.stderr.write(
    `${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s  ${text}\n`,
  );
// A kit that this process has started ends with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

function optionsOrExit() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`compare: ${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(64);
  }
}

const reports = await runComparison(optionsOrExit(), note);
process.stdout.write(renderReport(reports));
process.exitCode = countDifferences(reports) === 0 ? 0 : 1;
