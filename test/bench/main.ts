// `make bench`: measures the parts that are named, or all. See --help.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type Bench, parseBench } from './bench-file.ts';
import { readOptions, renderHelp } from './options.ts';
import { PARTS } from './parts.ts';
import { findPrograms } from './programs.ts';
import { runParts } from './run.ts';

/** As in sysexits.h. */
const [EX_USAGE, EX_UNAVAILABLE] = [64, 69];

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = EX_USAGE;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), Object.keys(PARTS));
  if (options.wantsHelp) {
    process.stdout.write(renderHelp(PARTS));
    return 0;
  }
  const earlier =
    options.compare === undefined
      ? undefined
      : parseBench(readFileSync(options.compare, 'utf8'), options.compare);
  const parts = Object.entries(PARTS).filter(([name]) => options.parts.includes(name));
  if (!findPrograms(parts.map(([, part]) => part))) return EX_UNAVAILABLE;
  return await runParts({
    parts: new Map(parts),
    about: describeRun(),
    earlier,
    out: options.out,
    print: (line) => process.stdout.write(`${line}\n`),
    say: (line) => process.stderr.write(`${line}\n`),
  });
}

function describeRun(): Omit<Bench, 'figures'> {
  const git = ['describe', '--always', '--dirty', '--exclude=*'];
  return {
    commit: execFileSync('git', git, { cwd: import.meta.dirname, encoding: 'utf8' }).trim(),
    date: new Date().toISOString(),
    node: process.version,
    cores: availableParallelism(),
  };
}
