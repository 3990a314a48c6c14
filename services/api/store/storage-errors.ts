import { errorText, KitError } from '../../contract/errors.ts';

/** Source: sqlite.org/rescode.html (by their primary part) and the PostgreSQL manual, appendix A. */
const FULL = /^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|53100|ENOSPC|EDQUOT)/;
const AWAY =
  /^(SQLITE_(READONLY|IOERR|CANTOPEN|CORRUPT|NOTADB|BUSY|LOCKED|PERM|AUTH|NOMEM|SCHEMA|PROTOCOL|INTERRUPT)|ERR_SQLITE|08|28|3D000|25006|42501|53|55P03|57|58|XX|E(CONN|HOST|NET|TIMEDOUT|PIPE|ACCES|PERM|ROFS|IO|NOENT|NOTDIR|STALE|MFILE|NFILE|NOTFOUND|AI_))/;
/** What the client library of PostgreSQL throws without a code. */
const AWAY_TEXT =
  /Connection terminated|Connection ended|timeout exceeded|timeout expired|Query read timeout|not queryable|has been discarded/i;
const DAMAGE = /^SQLITE_(CORRUPT|NOTADB)/;

/**
 * What the failure of a query means: `storage_full` or `storage_unavailable` where the database is at fault; else the
 * error as it is, a mistake of ours. What exactly was wrong is in `cause`, for the log: clients read the message.
 */
export function toStorageError(error: unknown): unknown {
  if (error instanceof KitError || !(error instanceof Error)) return error;
  const code = codeOf(error);
  if (FULL.test(code))
    return new KitError('storage_full', 'the disk of the database is full', { cause: error });
  if (!AWAY.test(code) && !AWAY_TEXT.test(errorText(error))) return error;
  return new KitError('storage_unavailable', whatFailed(code), { cause: error });
}

export function isStorageError(error: unknown): error is KitError {
  return error instanceof KitError && (error.code === 'storage_full' || error.code === 'storage_unavailable');
}

/** Whether the file itself is at fault, so that waiting mends nothing. */
export function isDamage(error: unknown): error is Error {
  return error instanceof Error && DAMAGE.test(codeOf(error));
}

/** The whole story, for the log and for those who run the kit. */
export function storageReason({ message, cause }: KitError): string {
  const detail = cause instanceof Error ? errorText(cause) || codeOf(cause) : '';
  return detail === '' ? message : `${message}: ${detail}`;
}

function codeOf(error: Error): string {
  // Node's own SQLite, which holds the lock, tells by number. Source: sqlite.org/rescode.html.
  if ('errcode' in error && error.errcode === 13) return 'SQLITE_FULL';
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function whatFailed(code: string): string {
  if (DAMAGE.test(code))
    return 'the database is damaged: restore it from a backup, or move it away to begin anew';
  if (/^(SQLITE_READONLY|25006|EROFS)/.test(code)) return 'the database is read-only';
  if (/^SQLITE_CANTOPEN/.test(code)) return 'the database cannot be opened';
  return 'the database does not answer as it should';
}
