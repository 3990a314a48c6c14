import type { ErrorRequestHandler, RequestHandler } from 'express';
import { KitError } from '../contract/errors.ts';
import { REQUEST_ID_HEADER } from '../contract/internal.ts';
import { PROBLEM_TYPE, toProblem } from '../contract/problem.ts';
import type { Log } from '../runtime/log.ts';

export const answerUnknown: RequestHandler = (request) => {
  throw new KitError('not_found', `nothing at ${request.method} ${request.path}`);
};

/** Answers every error as a problem document; what is no KitError goes to the log. */
export function answerProblems(log: Log): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    const error = fromParser(thrown);
    if (!(error instanceof KitError)) log.error({ err: error }, `${request.method} ${request.path} failed`);
    const problem = toProblem(error, request.get(REQUEST_ID_HEADER));
    // So that a browser asks for the key and the page can be opened.
    if (problem.status === 401) response.set('www-authenticate', 'Basic realm="gatehouse"');
    response.status(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  };
}

/** The errors of express's own parsers, told by their `type`. */
function fromParser(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !('type' in thrown)) return missingFile(thrown);
  const cause = thrown;
  if (thrown.type === 'entity.parse.failed')
    return new KitError('body_invalid', `body is not JSON: ${thrown.message}`, {
      cause,
      fields: [{ field: 'body', message: 'is not JSON' }],
    });
  if (thrown.type === 'entity.too.large') return new KitError('body_too_large', thrown.message, { cause });
  if (thrown.type === 'charset.unsupported' || thrown.type === 'encoding.unsupported')
    return new KitError('media_type_unsupported', thrown.message, { cause });
  if (thrown.type === 'request.aborted' || thrown.type === 'request.size.invalid')
    return new KitError('request_malformed', thrown.message, { cause });
  return thrown;
}

function missingFile(thrown: unknown): unknown {
  const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
  return isMissing ? new KitError('not_found', 'no such file', { cause: thrown }) : thrown;
}
