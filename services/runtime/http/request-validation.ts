import express, { type RequestHandler } from 'express';
import type { z } from 'zod';
import { type ErrorCode, type FieldError, KitError } from '../../contract/errors.ts';

const MOST_FIELDS = 100;
const MOST_CHARACTERS = 200;

/** Reads a JSON body; anything else with a body is refused with `media_type_unsupported`. */
export function readJson(maxBytes: number): RequestHandler {
  const parse = express.json({
    limit: maxBytes,
    type: ['application/json', 'application/*+json'],
    strict: false,
  });
  return (request, response, next) => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined ||
      Number(request.headers['content-length'] ?? 0) > 0;
    if (hasBody && !request.is(['application/json', 'application/*+json'])) {
      throw new KitError(
        'media_type_unsupported',
        `the body is ${request.get('content-type') ?? 'of no stated type'}, and must be application/json`,
      );
    }
    parse(request, response, next);
  };
}

/** What a body or a query says, by its schema. Throws KitError with every field that is wrong. */
export function parseBy<T>(
  schema: z.ZodType<T>,
  value: unknown,
  code: ErrorCode & ('body_invalid' | 'query_invalid'),
): T {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  throw fieldsError(code, wrongFields(result.error));
}

/** What is wrong, by field: `media.url`. */
export function wrongFields(error: z.ZodError): FieldError[] {
  const fields = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((field) => ({ field: [...issue.path, field].join('.'), message: 'is not known here' }))
      : [{ field: issue.path.join('.') || 'body', message: issue.message }],
  );
  // What is sent back must not grow with the nonsense that came in.
  return fields
    .slice(0, MOST_FIELDS)
    .map(({ field, message }) => ({ field: field.slice(0, MOST_CHARACTERS), message }));
}

/** The error that names them. */
export function fieldsError(code: ErrorCode, fields: readonly FieldError[]): KitError {
  return new KitError(code, fields.map(({ field, message }) => `${field}: ${message}`).join('; '), {
    fields,
  });
}
