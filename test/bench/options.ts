import { parseArgs } from 'node:util';

/** Where a run of all parts is kept; it is committed. */
export const BENCH_FILE = 'bench.json';

export interface BenchOptions {
  /** The parts to measure, in the order in which they are declared. */
  readonly parts: readonly string[];
  /** The file of an earlier run. */
  readonly compare?: string;
  /** Where the figures go; undefined: they are only printed. */
  readonly out?: string;
  readonly wantsHelp: boolean;
}

/** Reads the command line. Throws, with what is wrong, for a part or an option that does not exist. */
export function readOptions(args: readonly string[], allParts: readonly string[]): BenchOptions {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      compare: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter((name) => !allParts.includes(name));
  if (unknown.length > 0)
    throw new Error(`there is no part ${unknown.join(', ')}; the parts are ${allParts.join(', ')}`);
  const isWhole = positionals.length === 0;
  const { compare } = values;
  // A comparison leaves the committed run as it is.
  const out = values.out ?? (isWhole && compare === undefined ? BENCH_FILE : undefined);
  return {
    parts: isWhole ? allParts : allParts.filter((name) => positionals.includes(name)),
    ...(compare === undefined ? {} : { compare }),
    ...(out === undefined ? {} : { out }),
    wantsHelp: values.help,
  };
}

/** The text of --help; `parts` with what each measures. */
export function renderHelp(parts: Readonly<Record<string, { readonly measures: string }>>): string {
  const lines = Object.entries(parts).map(([name, { measures }]) => `  ${name.padEnd(14)}${measures}`);
  return `Usage: node test/bench/main.ts [PART ...] [--compare FILE] [--out FILE]

Measures the parts that are named, or all, each against a peer in the same run. Prints each figure when it is known.
A run of all parts without --compare writes ${BENCH_FILE}.

  --compare FILE  print each figure beside that of an earlier run, with the change in percent
  --out FILE      write the figures to FILE
  --help          print this text

Parts:
${lines.join('\n')}
`;
}
