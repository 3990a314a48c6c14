import { readFileSync, writeFileSync } from 'node:fs';
import type { Bench } from './bench-file.ts';
import { type Figure, renderNumber, renderTarget } from './figure.ts';
import { HEADLINES } from './headlines.ts';

/** All figures of `bench.json`, as a document. */
const FIGURES_FILE = 'docs/figures.md';
/** Shows some of them between two marks. */
const README = 'README.md';
const MARKS = ['<!-- figures: made by make bench -->', '<!-- figures: end -->'] as const;

/** Writes both documents of a whole run. */
export function publish(bench: Bench): void {
  for (const [file, text] of documentsOf(bench)) writeFileSync(file, text);
}

/** The text of each document by its path from the root. Throws when the run lacks a figure of the README. */
export function documentsOf(bench: Bench): Map<string, string> {
  return new Map([
    [FIGURES_FILE, renderAll(bench)],
    [README, replacePart(readFileSync(README, 'utf8'), renderHeadlines(bench))],
  ]);
}

function renderAll(bench: Bench): string {
  const targets = bench.figures.filter(({ target }) => target !== null);
  const missed = targets.filter(({ met }) => !met);
  const parts = Map.groupBy(bench.figures, ({ part }) => part);
  const tables = [...parts].map(([part, figures]) => `\n## ${part}\n\n${table(figures)}`);
  return `# Figures

${aboutRun(bench)} Of ${targets.length} targets, ${targets.length - missed.length} are met. \`make bench COMPARE=bench.json\` measures again and prints each figure beside this one.
${tables.join('')}`;
}

function renderHeadlines(bench: Bench): string {
  for (const name of HEADLINES)
    if (!bench.figures.some(({ what }) => name.test(what))) throw new Error(`the run has no figure ${name}`);
  const figures = bench.figures.filter(({ what }) => HEADLINES.some((name) => name.test(what)));
  return `\n${aboutRun(bench)} [All figures](${FIGURES_FILE}) of that run.\n\n${table(figures)}\n`;
}

function aboutRun({ commit, date, node, cores }: Bench): string {
  return `One run of \`make bench\`: commit ${commit}, ${date.slice(0, 10)}, Node ${node}, ${cores} cores. The peer of each figure was measured in turn with it.`;
}

function table(figures: readonly Figure[]): string {
  return `| | Gatehouse | Peer | Ratio | Target |\n| --- | --- | --- | --- | --- |\n${figures.map(row).join('')}`;
}

function row({ what, value, unit, range, note, peer, ratio, target, met }: Figure): string {
  const spread = range === null ? '' : ` (${renderNumber(range.low)} to ${renderNumber(range.high)})`;
  const more = note === null ? '' : `; ${note}`;
  const aim = target === null ? '' : `${renderTarget(target)}: ${met ? 'met' : '**missed**'}`;
  return `| ${what} | ${renderNumber(value)} ${unit}${spread}${more} | ${peer} | ${ratio === null ? '' : renderNumber(ratio)} | ${aim} |\n`;
}

function replacePart(text: string, made: string): string {
  const [begin, end] = MARKS;
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${README} lacks the marks "${begin}" and "${end}"`);
  return `${text.slice(0, from + begin.length)}\n${made}${text.slice(to)}`;
}
