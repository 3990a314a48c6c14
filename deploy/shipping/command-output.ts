import { z } from 'zod';
import type { Outcome } from './command.ts';
import { ShipError } from './target.ts';

/**
 * What a program has answered as JSON; none for an empty answer, as of a dry run. Throws ShipError for what is not
 * understood, without the answer itself: it may hold secrets.
 */
export function parseOutput<T>(schema: z.ZodType<T>, { stdout }: Outcome, from: string): T | undefined {
  if (stdout.trim() === '') return undefined;
  const parsed = schema.safeParse(parseJson(stdout, from));
  if (parsed.success) return parsed.data;
  throw new ShipError(
    `the answer of "${from}" is not understood (${z.prettifyError(parsed.error).split('\n').slice(0, 2).join(' ')}): bring it up to date, or report it with its version`,
  );
}

/** Throws ShipError for what is no JSON. */
export function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ShipError(
      `the answer of "${from}" is no JSON (${text.length} characters): bring it up to date, or report it with its version`,
      '',
      { cause: error },
    );
  }
}
