import { errnoOf, messageOf } from '../storage-error.js';

/**
 * What went wrong in SQLite, in the words an operator looks for: SQLite hides the error of the
 * system behind a code of its own, and "database or disk is full" greps like no ENOSPC.
 */
export function sqliteFailure(cause: unknown, path: string): string {
  const message = messageOf(cause);
  const code = errnoOf(cause);
  if (code?.startsWith('SQLITE_') !== true) return `${message}, '${path}'`;
  const system = systemErrorOf(code);
  return `${system === undefined ? '' : `${system}: `}${message} (${code}), '${path}'`;
}

/** sqlite.org/rescode.html: FULL is told for ENOSPC alone, IOERR and its kind for all the rest. */
function systemErrorOf(code: string): string | undefined {
  if (code === 'SQLITE_FULL') return 'ENOSPC';
  return code.startsWith('SQLITE_IOERR') ? 'EIO' : undefined;
}
