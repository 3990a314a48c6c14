import { apiErrors } from './error-table/api.ts';
import type { ErrorEntry } from './error-table/entry.ts';
import { gateErrors } from './error-table/gate.ts';
import { processErrors } from './error-table/process.ts';
import { whatsappErrors } from './error-table/whatsapp.ts';

const table = { ...gateErrors, ...apiErrors, ...whatsappErrors, ...processErrors };

export type ErrorCode = keyof typeof table;

/** Every error code of the kit, with what follows from it. No other place decides what a code means. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = table;

/** An error whose `code` callers may branch on; its wording may change. */
export class KitError extends Error {
  override readonly name = 'KitError';
  readonly code: ErrorCode;
  /** What was wrong, by field, parameter or header. */
  readonly fields: readonly FieldError[] | undefined;
  /** The accepted message that this became of. */
  readonly messageId: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { fields?: readonly FieldError[]; messageId?: string } = {},
  ) {
    super(message, options);
    this.code = code;
    this.fields = options.fields;
    this.messageId = options.messageId;
  }
}

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERRORS, text);
}

/** The text of anything that was thrown, for a log or a message. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
