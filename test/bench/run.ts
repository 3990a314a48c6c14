import { writeFileSync } from 'node:fs';
import { type Bench, renderBench } from './bench-file.ts';
import { compareFigure, compareMachines, missingFigures } from './compare.ts';
import { renderFigure } from './figure.ts';
import { publish } from './figures-document.ts';
import { BENCH_FILE } from './options.ts';
import type { Part } from './parts.ts';

export interface Run {
  readonly parts: ReadonlyMap<string, Part>;
  readonly about: Omit<Bench, 'figures'>;
  /** The run that each figure is printed beside. */
  readonly earlier?: Bench | undefined;
  /** The file for the figures. */
  readonly out?: string | undefined;
  print(line: string): void;
  /** For progress and failures. */
  say(line: string): void;
}

/**
 * Measures one part after the other and prints each figure when it is known. A part that fails keeps no other from being
 * measured. Returns the exit code: 1 when a part failed.
 */
export async function runParts({ parts, about, earlier, out, print, say }: Run): Promise<number> {
  const figures: Bench['figures'] = [];
  const failed: string[] = [];
  if (earlier !== undefined) print(compareMachines(about, earlier));
  for (const [part, { measure }] of parts) {
    say(`measuring ${part} ...`);
    try {
      for await (const figure of measure()) {
        figures.push({ part, ...figure });
        print(renderFigure(figure));
        if (earlier !== undefined) print(`        ${compareFigure(figure, earlier)}`);
      }
    } catch (error) {
      failed.push(part);
      say(`${part} failed: ${error instanceof Error ? error.stack : error}`);
    }
  }
  if (earlier !== undefined)
    for (const what of missingFigures(figures, earlier, [...parts.keys()]))
      print(`not measured now, but in the run of ${earlier.commit}: ${what}`);
  if (failed.length > 0) say(`failed: ${failed.join(', ')}`);
  if (out === undefined) return failed.length > 0 ? 1 : 0;
  if (failed.length > 0 && out === BENCH_FILE) {
    say(`${out} is unchanged: it holds whole runs`);
    return 1;
  }
  const bench = { ...about, figures };
  writeFileSync(out, renderBench(bench));
  if (out === BENCH_FILE) publish(bench);
  say(`${figures.length} figures are in ${out}`);
  return failed.length > 0 ? 1 : 0;
}
