import { z } from 'zod';
import { figureSchema } from './figure.ts';

const benchSchema = z.strictObject({
  /** As `git describe --always --dirty` names it. */
  commit: z.string(),
  date: z.iso.datetime(),
  node: z.string(),
  cores: z.number(),
  figures: z.array(figureSchema.extend({ part: z.string() })),
});

/** The content of `bench.json`: one run, and the machine and the sources that it measured. */
export type Bench = z.infer<typeof benchSchema>;

/** Parses a file that `renderBench` has written. Throws, with `name`, on anything else. */
export function parseBench(text: string, name: string): Bench {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not JSON`, { cause: error });
  }
  const parsed = benchSchema.safeParse(json);
  if (!parsed.success) throw new Error(`${name} is no file of make bench:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

export function renderBench(bench: Bench): string {
  return `${JSON.stringify(bench, undefined, 2)}\n`;
}
