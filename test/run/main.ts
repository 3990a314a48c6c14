// `make test`, `make proof`, `.ci/run`: node test/run/main.ts unit system [proof | bounded] [--only PATH]
import { parseArgs } from 'node:util';
import { renderReport, renderTier, type TierRun } from './report.ts';
import { runTier } from './run-tier.ts';
import { filesNamedBy, filesOf, TIERS, type TierName } from './tiers.ts';

/** Wrong usage, as in sysexits.h. */
const EX_USAGE = 64;
/** What a shell reports of a program that SIGINT ended. */
const INTERRUPTED = 130;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' } },
});
const tiers = positionals.filter(isTier);
const unknown = positionals.filter((name) => !isTier(name));
if (unknown.length > 0 || tiers.length === 0)
  fail(`name one or more of the tiers ${Object.keys(TIERS).join(', ')}, not "${unknown.join(' ')}"`);

const chosen = tiers
  .map((name) => ({ tier: TIERS[name], files: filesNamedBy(filesOf(name), values.only) }))
  .filter(({ files }) => files.length > 0);
if (chosen.length === 0)
  fail(
    `no test file is named by T=${values.only}; T is a path or a part of one: T=gate/hold, T=test/unit/gate`,
  );

const runs: TierRun[] = [];
for (const { tier, files } of chosen) {
  const run = await runTier(tier, files);
  process.stdout.write(renderTier(run));
  runs.push(run);
  if (run.isInterrupted) break;
}
const { text, isGreen } = renderReport(runs);
process.stdout.write(text);
process.exitCode = runs.some((run) => run.isInterrupted) ? INTERRUPTED : isGreen ? 0 : 1;

function isTier(name: string): name is TierName {
  return Object.hasOwn(TIERS, name);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(EX_USAGE);
}
