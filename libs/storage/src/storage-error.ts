/**
 * - dataDirectoryLocked: another process (or node) owns the directory
 * - dataDirectoryInvalid: a layout this program must not touch
 * - backendMissing: the log says there was data, the database file is gone
 * - backendForeign: the file belongs to another program (bbolt)
 * - backendFailed: SQLite reported an error; the backend stays failed
 * - tooManyViews: as many views of the backend are open as may be
 * - viewClosed: a view was read after it, its backend or the state it shows was closed
 * - importInvalid: what was to be imported is not the content of a database of etcd
 * - snapshotNotFound: the log has no record of the wanted snapshot
 * - io: the operating system refused
 */
export type StorageErrorCode =
  | 'dataDirectoryLocked'
  | 'dataDirectoryInvalid'
  | 'backendMissing'
  | 'backendForeign'
  | 'backendFailed'
  | 'tooManyViews'
  | 'viewClosed'
  | 'importInvalid'
  | 'snapshotNotFound'
  | 'io';

/** An operating error of the storage layer: the node cannot go on with this directory. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The log holds bytes that no crash explains: never guessed around, an operator must decide. */
export class WalCorruptionError extends Error {
  override readonly name = 'WalCorruptionError';
  readonly file: string;
  /** Of the damaged frame, from the start of the file. */
  readonly offset: number;

  constructor(file: string, offset: number, reason: string) {
    super(`wal: ${reason} (file ${file}, offset ${offset})`);
    this.file = file;
    this.offset = offset;
  }
}

/**
 * A write or fsync of the log failed. The kernel may have dropped the dirty pages, so a second
 * fsync could succeed without the data: the log stays failed, nothing more is acknowledged.
 */
export class WalFailedError extends Error {
  override readonly name = 'WalFailedError';
  /** errno name such as EIO or ENOSPC, where the system gave one. */
  readonly errno: string | undefined;

  constructor(cause: unknown) {
    const reason = messageOf(cause);
    super(`wal: write-ahead log failed and accepts nothing more: ${reason}`, { cause });
    this.errno = errnoOf(cause);
  }
}

export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Not by class: the addon of SQLite is loaded once in a process, and its errors with it. */
export function messageOf(error: unknown): string {
  const hasMessage = typeof error === 'object' && error !== null && 'message' in error;
  return String(hasMessage ? error.message : error);
}
