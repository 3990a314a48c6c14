import { ERRORS, type ErrorCode, type FieldError, KitError } from './errors.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** A problem document. Source: RFC 9457. `code` is ours to branch on, `remedy` says what to do. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly request_id?: string;
  readonly errors?: readonly FieldError[];
  /** The accepted message that this became of. */
  readonly id?: string;
}

/** The problem document of an error. What is no KitError tells the client nothing of its message. */
export function toProblem(thrown: unknown, requestId?: string): Problem {
  const error =
    thrown instanceof KitError
      ? thrown
      : new KitError('internal_error', 'an unexpected error; the log has it under the request id');
  const { status, title, remedy } = ERRORS[error.code];
  return {
    type: `urn:gatehouse:error:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    remedy,
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(error.fields === undefined ? {} : { errors: error.fields }),
    ...(error.messageId === undefined ? {} : { id: error.messageId }),
  };
}
