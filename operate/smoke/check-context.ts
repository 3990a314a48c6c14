import { z } from 'zod';
import { type Answer, type AskOptions, ask, parseJson } from './ask.ts';
import type { Target } from './target.ts';

/** A deployment under test, and what is known of it. */
export interface CheckContext {
  readonly target: Target;
  /** One of the deployment's keys. */
  readonly apiKey: string | undefined;
  /** Aborted when the time for all rows is up. */
  readonly signal: AbortSignal;
}

/** What one exchange may take. */
export const ANSWER_MS = 4_000;

/** One exchange without a key. */
export function askTarget(
  { target, signal }: CheckContext,
  path: string,
  options?: AskOptions,
): Promise<Answer> {
  return ask(target, path, { withinMs: ANSWER_MS, signal }, options);
}

/** The header that opens the api; none when no key is known. */
export function keyHeader({ apiKey }: CheckContext): Record<string, string> {
  return apiKey === undefined ? {} : { 'x-api-key': apiKey };
}

const problemSchema = z.object({ code: z.string().max(64) });

/** The code of a problem document, which the kit gives with every refusal; undefined when it is none. */
export function problemCode(text: string): string | undefined {
  return problemSchema.safeParse(parseJson(text)).data?.code;
}

/** An answer in a few words: `503 service_unavailable`. */
export function describeAnswer({ status, text }: Pick<Answer, 'status' | 'text'>): string {
  const code = problemCode(text);
  return code === undefined ? String(status) : `${status} ${code}`;
}
