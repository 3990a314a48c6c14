import { z } from 'zod';
import type { Fact, StepOutcome } from './outcome.ts';
import { type PrivateWords, publish } from './publish.ts';

const factSchema: z.ZodType<Fact> = z.lazy(() =>
  z.union([z.boolean(), z.number(), z.string(), z.array(factSchema), z.record(z.string(), factSchema)]),
);
const factsSchema = z.record(z.string(), factSchema);

/** The JSON file of a rehearsal, which may be published. */
export const reportSchema = z.object({
  format: z.literal(1),
  /** False on the sandbox, where nothing is proven of the real WhatsApp. */
  is_real: z.boolean(),
  date: z.iso.date(),
  is_whole: z.boolean(),
  versions: z.record(z.string(), factSchema),
  link: factsSchema,
  steps: z.array(
    z.object({
      step: z.string(),
      title: z.string(),
      /** `as expected`, or `different: …`, `failed: …`, `not tried: …` with the reasons. */
      outcome: z.string(),
      seconds: z.number(),
      facts: factsSchema,
    }),
  ),
});
export type Report = z.infer<typeof reportSchema>;

export interface StepRecord {
  readonly name: string;
  readonly title: string;
  readonly outcome: StepOutcome;
  readonly seconds: number;
}

export interface Rehearsed {
  readonly isReal: boolean;
  readonly isWhole: boolean;
  readonly versions: Readonly<Record<string, string>>;
  readonly link: Readonly<Record<string, Fact>>;
  readonly steps: readonly StepRecord[];
}

/** What may be published of a rehearsal: every text of it has gone through `publish`. */
export function toReport(
  { isReal, isWhole, versions, link, steps }: Rehearsed,
  secrets: PrivateWords,
): Report {
  const facts = (value: Readonly<Record<string, Fact>>) => factsSchema.parse(publish(value, secrets));
  return reportSchema.parse({
    format: 1,
    is_real: isReal,
    date: new Date().toISOString().slice(0, 10),
    is_whole: isWhole,
    versions: facts(versions),
    link: facts(link),
    steps: steps.map(({ name, title, outcome, seconds }) => ({
      step: name,
      title,
      outcome: publish(outcomeText(outcome), secrets),
      seconds,
      facts: facts(outcome.facts),
    })),
  });
}

/** An outcome in one line. */
export function outcomeText({ verdict, reasons }: StepOutcome): string {
  return reasons.length === 0 ? verdict : `${verdict}: ${reasons.join('; ')}`;
}

/** 0: it ran to its end, and everything that was tried is as expected. */
export function exitCodeOf({ isWhole, steps }: Rehearsed): 0 | 1 {
  const isGood = steps.every(
    ({ outcome: { verdict } }) => verdict === 'as expected' || verdict === 'not tried',
  );
  return isWhole && isGood ? 0 : 1;
}
