import { sqliteFailure } from './sqlite-failure.js';

function sqliteError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

describe('the words of a failure of SQLite', () => {
  it.each([
    ['database or disk is full', 'SQLITE_FULL', 'ENOSPC: database or disk is full (SQLITE_FULL)'],
    ['disk I/O error', 'SQLITE_IOERR_FSYNC', 'EIO: disk I/O error (SQLITE_IOERR_FSYNC)'],
    [
      'database disk image is malformed',
      'SQLITE_CORRUPT',
      'database disk image is malformed (SQLITE_CORRUPT)',
    ],
  ])('name the error of the system, where there is one: %s', (message, code, words) => {
    expect(sqliteFailure(sqliteError(message, code), '/data/db')).toBe(`${words}, '/data/db'`);
  });

  it('keep what is no error of SQLite as it is, and name the file', () => {
    expect(sqliteFailure(new Error('boom'), '/data/db')).toBe("boom, '/data/db'");
    expect(sqliteFailure('boom', '/data/db')).toBe("boom, '/data/db'");
  });
});
