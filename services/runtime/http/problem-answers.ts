import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { ERRORS, KitError } from '../../contract/errors.ts';
import { REQUEST_ID_HEADER } from '../../contract/internal.ts';
import { PROBLEM_TYPE, toProblem } from '../../contract/problem.ts';
import type { Log } from '../log.ts';

/** What no route took. */
export const answerUnknown: RequestHandler = (request) => {
  throw new KitError('not_found', `there is no ${request.method} ${request.path} here`);
};

/** Every error as a problem document; what nobody foresaw is logged under its request id and shown to nobody. */
export function answerProblem(log: Log): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const error = toKitError(thrown);
    const requestId = request.get(REQUEST_ID_HEADER);
    if (!(error instanceof KitError)) log.error({ err: error, request_id: requestId }, 'unexpected error');
    const problem = toProblem(error, requestId);
    const { retryAfterS } = ERRORS[problem.code];
    if (retryAfterS !== undefined) response.set('retry-after', String(retryAfterS));
    if (problem.status === 401) response.set('www-authenticate', challengeFor(request));
    response.status(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  };
}

/** A browser that opens a page asks its user for the key, as a password; programs are told to send it as a token. */
function challengeFor(request: Request): string {
  const isPage = request.get('accept')?.includes('text/html') === true;
  return `${isPage ? 'Basic' : 'Bearer'} realm="gatehouse"`;
}

/** The body parser's errors carry a `type`, those of Express and its file server a `status`. */
function toKitError(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof KitError) return thrown;
  switch ('type' in thrown ? thrown.type : undefined) {
    case 'entity.parse.failed':
      return malformed('the body is not valid JSON', thrown);
    case 'entity.too.large':
      return new KitError('body_too_large', 'the body is larger than GATE_MAX_BODY_BYTES', { cause: thrown });
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new KitError('media_type_unsupported', thrown.message, { cause: thrown });
    case 'request.aborted':
    case 'request.size.invalid':
      return malformed('the body ended before its time', thrown);
    default:
      return byStatus(thrown);
  }
}

function malformed(message: string, cause: Error): KitError {
  return new KitError('body_invalid', message, { cause, fields: [{ field: 'body', message }] });
}

function byStatus(error: Error): Error {
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 500;
  if (status === 404) return new KitError('not_found', 'there is nothing here', { cause: error });
  if (status >= 400 && status < 500)
    return new KitError('request_malformed', error.message, { cause: error });
  return error;
}
