import type { NextFunction, Request, Response } from 'express';
import { z } from 'zod';
import { KitError } from '../contract/errors.ts';
import { REQUEST_ID_HEADER } from '../contract/internal.ts';
import { PROBLEM_TYPE, toProblem } from '../contract/problem.ts';
import type { Log } from '../runtime/log.ts';

/** The last handler of the app: every error becomes a problem document. */
export function answerProblems(log: Log) {
  return (error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const requestId = request.get(REQUEST_ID_HEADER);
    const problem = toProblem(error instanceof KitError ? error : (bodyError(error) ?? error), requestId);
    if (problem.status >= 500) {
      log.warn(
        { err: error, request_id: requestId, code: problem.code },
        `${request.method} ${request.path} failed`,
      );
    }
    response.status(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  };
}

/** The value as the schema reads it. Throws the code, with every field that is wrong. */
export function read<T>(schema: z.ZodType<T>, value: unknown, code: 'body_invalid' | 'query_invalid'): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.map(({ path, message }) => ({
    field: path.join('.') || '(all)',
    message,
  }));
  throw new KitError(code, fields.map(({ field, message }) => `${field}: ${message}`).join('; '), { fields });
}

const parserErrorSchema = z.object({ type: z.string() });

/** What express.json() refused. */
function bodyError(error: unknown): KitError | undefined {
  const type = parserErrorSchema.safeParse(error).data?.type ?? '';
  if (type === 'entity.too.large')
    return new KitError('body_too_large', 'the body is too large', { cause: error });
  if (!/^(entity|encoding|charset|request|stream)\./.test(type)) return undefined;
  return new KitError('body_invalid', `the body is not readable as JSON (${type})`, { cause: error });
}
