/**
 * What went wrong in SQLite, in the words an operator looks for: SQLite hides the error of the
 * system behind a code of its own, and "database or disk is full" greps like no ENOSPC.
 */
export function sqliteFailure(cause: unknown, path: string): string {
  if (!(cause instanceof Error)) return `${String(cause)}, '${path}'`;
  const code = 'code' in cause ? String(cause.code) : '';
  if (!code.startsWith('SQLITE_')) return `${cause.message}, '${path}'`;
  const system = systemErrorOf(code);
  return `${system === undefined ? '' : `${system}: `}${cause.message} (${code}), '${path}'`;
}

/** sqlite.org/rescode.html: FULL is told for ENOSPC alone, IOERR and its kind for all the rest. */
function systemErrorOf(code: string): string | undefined {
  if (code === 'SQLITE_FULL') return 'ENOSPC';
  return code.startsWith('SQLITE_IOERR') ? 'EIO' : undefined;
}
