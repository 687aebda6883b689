/** Files or settings of TLS that cannot be used. The text is the one etcd dies with, where it has one. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError';
  /** Without the files it is about, which the original does not name. */
  readonly reason: string;

  constructor(reason: string, about = '') {
    super(about === '' ? reason : `${reason} (${about})`);
    this.reason = reason;
  }
}

/** What Go says of a file that cannot be read. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
};

export function unreadable(path: string, error: unknown): TlsFileError {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  return new TlsFileError(`${code === 'EISDIR' ? 'read' : 'open'} ${path}: ${reason}`);
}
