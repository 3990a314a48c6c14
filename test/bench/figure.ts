import { z } from 'zod';
import { median } from './median.ts';

const targetSchema = z.union([
  z.strictObject({ of: z.enum(['ratio', 'value']), atLeast: z.number() }),
  z.strictObject({ of: z.enum(['ratio', 'value']), atMost: z.number() }),
]);

export const figureSchema = z.strictObject({
  /** What is measured, in which situation. It names the figure in every run. */
  what: z.string(),
  value: z.number(),
  unit: z.string(),
  /** The lowest and the highest of several measurements, of which `value` is the median. */
  range: z.strictObject({ low: z.number(), high: z.number(), count: z.number() }).nullable(),
  /** More about the value, such as what it costs. */
  note: z.string().nullable(),
  /** The peer of the same run, with its own figures. */
  peer: z.string(),
  ratio: z.number().nullable(),
  /** Null where the figure is published and no target is set. */
  target: targetSchema.nullable(),
  met: z.boolean(),
});

/** A figure beside the peer that it was measured against in the same run. */
export type Figure = z.infer<typeof figureSchema>;
type Target = NonNullable<Figure['target']>;

export interface Measurement {
  readonly what: string;
  /** One measurement, or several of which the median counts. */
  readonly value: number | readonly number[];
  readonly unit: string;
  readonly note?: string;
  readonly peer: string;
  readonly ratio?: number;
  readonly target?: Target;
}

/** Makes a figure of measurements. Throws when one is no number. */
export function toFigure({ what, value, unit, note, peer, ratio, target }: Measurement): Figure {
  const values = typeof value === 'number' ? [value] : value;
  const middle = median(values);
  if (![middle, ratio ?? 0].every(Number.isFinite))
    throw new Error(`${what}: measured ${values.join(', ')} ${unit}, ratio ${ratio}`);
  return {
    what,
    value: rounded(middle),
    unit,
    range:
      values.length === 1
        ? null
        : { low: rounded(Math.min(...values)), high: rounded(Math.max(...values)), count: values.length },
    note: note ?? null,
    peer,
    ratio: ratio === undefined ? null : rounded(ratio),
    target: target ?? null,
    met: target === undefined || isMet(target, { value: middle, ratio }),
  };
}

/** One line: `met     start to /health/live: 469 ms (...); ratio 8.40 to node -e 0, 56 ms (target: ratio at most 10)`. */
export function renderFigure({ what, value, unit, range, note, peer, ratio, target, met }: Figure): string {
  const spread =
    range === null ? '' : ` (${renderNumber(range.low)} to ${renderNumber(range.high)}, n=${range.count})`;
  const more = note === null ? '' : `, ${note}`;
  const beside = ratio === null ? `; beside: ${peer}` : `; ratio ${renderNumber(ratio)} to ${peer}`;
  const aim = target === null ? 'published, no target' : `target: ${renderTarget(target)}`;
  return `${met ? 'met   ' : 'MISSED'}  ${what}: ${renderNumber(value)} ${unit}${spread}${more}${beside} (${aim})`;
}

/** About three digits, whatever the size. */
export function renderNumber(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `ratio at most 10`. */
export function renderTarget(target: Target): string {
  return 'atLeast' in target
    ? `${target.of} at least ${target.atLeast}`
    : `${target.of} at most ${target.atMost}`;
}

function isMet(
  target: Target,
  figure: { readonly value: number; readonly ratio: number | undefined },
): boolean {
  const measured = figure[target.of];
  if (measured === undefined) throw new Error(`a target of the ${target.of} needs one`);
  return 'atLeast' in target ? measured >= target.atLeast : measured <= target.atMost;
}

/** Four significant digits: more is noise, and would change in each committed file. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
