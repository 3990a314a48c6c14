import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** One line of the results file: written by `reporter.ts` for a test, by `worker.ts` for a file. */
const lineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('passed'), title: z.string(), file: z.string() }),
  z.object({
    kind: z.literal('failed'),
    title: z.string(),
    file: z.string(),
    isHook: z.boolean(),
    failure: z.string(),
  }),
  z.object({ kind: z.literal('file'), file: z.string(), wallMs: z.number(), cpuMs: z.number() }),
]);

export type ResultLine = z.infer<typeof lineSchema>;
export type PassedTest = Extract<ResultLine, { kind: 'passed' }>;
export type FailedTest = Extract<ResultLine, { kind: 'failed' }>;
export type FileTime = Extract<ResultLine, { kind: 'file' }>;

export interface Results {
  readonly passed: readonly PassedTest[];
  readonly failed: readonly FailedTest[];
  readonly files: readonly FileTime[];
}

/** Reads a results file; a run that wrote none has no results. */
export function readResults(path: string): Results {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line) => lineSchema.parse(JSON.parse(line)));
  return {
    passed: lines.filter((line) => line.kind === 'passed'),
    failed: lines.filter((line) => line.kind === 'failed'),
    files: lines.filter((line) => line.kind === 'file'),
  };
}
