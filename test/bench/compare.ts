import type { Bench } from './bench-file.ts';
import { type Figure, renderNumber } from './figure.ts';

/**
 * One line about a figure and the one of the same name in an earlier run:
 * `was 455 ms (+3.1 %), ratio 8.10 (+3.7 %)`. A change is a part of the earlier figure.
 */
export function compareFigure(now: Figure, earlier: Bench): string {
  const then = earlier.figures.find(({ what }) => what === now.what);
  if (then === undefined) return `not in the run of ${earlier.commit}`;
  if (then.unit !== now.unit) return `was ${renderNumber(then.value)} ${then.unit}: another unit`;
  const value = `was ${renderNumber(then.value)} ${then.unit} (${change(then.value, now.value)})`;
  if (then.ratio === null || now.ratio === null) return value;
  return `${value}, ratio ${renderNumber(then.ratio)} (${change(then.ratio, now.ratio)})`;
}

/** The figures that an earlier run has of these parts and this run has not, by name. */
export function missingFigures(now: readonly Figure[], earlier: Bench, parts: readonly string[]): string[] {
  const measured = new Set(now.map(({ what }) => what));
  return earlier.figures
    .filter(({ part, what }) => parts.includes(part) && !measured.has(what))
    .map(({ what }) => what);
}

/** What differs between the two runs other than the figures: they compare well only on the same machine. */
export function compareMachines(now: Omit<Bench, 'figures'>, earlier: Bench): string {
  const differs = (['node', 'cores'] as const)
    .filter((fact) => now[fact] !== earlier[fact])
    .map((fact) => `${fact} was ${earlier[fact]} and is ${now[fact]}`);
  return [`compared with ${earlier.commit} of ${earlier.date.slice(0, 10)}`, ...differs].join('; ');
}

function change(then: number, now: number): string {
  if (then === 0) return now === 0 ? 'no change' : 'no change in percent from 0';
  const percent = ((now - then) / Math.abs(then)) * 100;
  return `${percent >= 0 ? '+' : ''}${percent.toFixed(1)} %`;
}
