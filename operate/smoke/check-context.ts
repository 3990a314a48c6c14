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
  readonly limits: SmokeLimits;
}

/** How long a check waits. Each limit may be lower in tests. */
export interface SmokeLimits {
  /** For one exchange. */
  readonly answerMs: number;
  /** For the first byte of the event stream, once it is open. */
  readonly firstByteMs: number;
  /** For a message that was sent to arrive at the phone, and for the phone's answer to arrive here. */
  readonly arrivesMs: number;
  /** For a second answer, which would answer a smuggled request. */
  readonly lingerMs: number;
  /** For the last check, which runs after all others. */
  readonly lastMs: number;
}

export const LIMITS: SmokeLimits = {
  answerMs: 4_000,
  firstByteMs: 2_000,
  arrivesMs: 4_000,
  lingerMs: 400,
  lastMs: 2_000,
};

/** One exchange without a key. */
export function askTarget(
  { target, signal, limits }: CheckContext,
  path: string,
  options?: AskOptions,
): Promise<Answer> {
  return ask(target, path, { withinMs: limits.answerMs, signal }, options);
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
