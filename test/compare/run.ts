import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkout, checkOutBase, checkOutHere, WORK } from './checkout.ts';
import { compareRecordings, type Difference } from './difference.ts';
import type { Options } from './options.ts';
import { recordAnswers } from './parts/answers.ts';
import { recordCommands } from './parts/commands.ts';
import { compareData, type DataReport } from './parts/data.ts';
import { recordFiles } from './parts/files.ts';
import { type Recording, saveRecording } from './recording.ts';

/** What one part compared. */
export interface PartReport {
  readonly part: string;
  /** How many items were compared, with their word: `12 files`. */
  readonly count: string;
  readonly differences: readonly Difference[];
  readonly notes: readonly string[];
}

/** Compares a base with this tree, part after part. `note` gets each step as it begins. */
export async function runComparison(
  options: Options,
  note: (text: string) => void,
): Promise<readonly PartReport[]> {
  // What an interrupted run has left.
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  note(`copies ${options.base} and this tree`);
  const base = checkOutBase(options.base);
  const here = checkOutHere(options.tree);
  const wants = (part: Options['parts'][number]) => options.parts.includes(part);
  const reports: PartReport[] = [];
  const both = async (record: (checkout: Checkout) => Promise<Recording>) =>
    [await record(base), await record(here)] as const;

  if (wants('files'))
    reports.push(reportOf('files', 'files and tables', await both(async (side) => recordFiles(side))));
  if (wants('commands'))
    reports.push(
      reportOf(
        'commands',
        'commands',
        await both((side) => {
          note(`${side.side}: commands`);
          return recordCommands(side);
        }),
      ),
    );
  if (wants('answers') || wants('log')) {
    const before = await recordAnswers(base, options.gates, note);
    const after = await recordAnswers(here, options.gates, note);
    if (wants('answers')) reports.push(reportOf('answers', 'answers', [before.answers, after.answers]));
    if (wants('log')) reports.push(reportOf('log', 'log lines', [before.log, after.log]));
  }
  if (wants('data')) reports.push(await dataReport(base, here, options, note));
  for (const { root } of [base, here]) rmSync(root, { recursive: true, force: true });
  return reports;
}

function reportOf(part: string, word: string, [base, here]: readonly [Recording, Recording]): PartReport {
  saveRecording(join(WORK, 'recordings', `${part}.base`), base);
  saveRecording(join(WORK, 'recordings', `${part}.here`), here);
  return {
    part,
    count: `${new Set([...base.keys(), ...here.keys()]).size} ${word}`,
    differences: compareRecordings(base, here),
    notes: [],
  };
}

async function dataReport(
  base: Checkout,
  here: Checkout,
  { databases, without }: Options,
  note: (text: string) => void,
): Promise<PartReport> {
  const reports: DataReport[] = [];
  for (const database of databases)
    for (const [writer, reader] of [
      [base, here],
      [here, base],
    ] as const) {
      note(`data on ${database}: ${writer.side} writes, ${reader.side} opens`);
      reports.push(await compareData({ writer, reader, database, without }));
    }
  return {
    part: 'data',
    count: `${reports.reduce((sum, { checks }) => sum + checks, 0)} data checks`,
    differences: reports.flatMap(({ title, failures }) =>
      failures.map(({ what, why }) => ({ name: `${title}: ${what}`, text: `${why}\n` })),
    ),
    notes: reports.flatMap(({ title, notes }) => notes.map((text) => `${title}: ${text}`)),
  };
}
