import fs from 'node:fs';
import koffi from 'koffi';

/**
 * The two file calls Node does not offer. Locks: on Linux open-file-description locks, because
 * that is what etcd takes on its segments, so each refuses a log the other has open; elsewhere
 * flock, as etcd. Both belong to the open file, so a killed process leaves none behind.
 */
interface Native {
  fallocate(fd: number, mode: number, offset: number, length: number): number;
  lock(fd: number): number;
}

const LOCK_EXCLUSIVE_NON_BLOCKING = 2 | 4;
const F_OFD_SETLK = 37;
const F_WRLCK = 1;
/** struct flock on 64-bit Linux: type, whence (shorts), start, length (int64 at 8, 16), pid. */
const FLOCK_STRUCT_BYTES = 32;

/** Symbols resolve once per process; holding them is a cache, not state. */
let native: Native | undefined;

function load(): Native {
  const libc = koffi.load(null);
  const flock = libc.func('int flock(int fd, int operation)');
  if (process.platform !== 'linux') {
    return { fallocate: () => -1, lock: (fd) => flock(fd, LOCK_EXCLUSIVE_NON_BLOCKING) as number };
  }
  const fcntl = libc.func('int fcntl(int fd, int command, ...)');
  const fallocate = libc.func('int fallocate(int fd, int mode, int64_t offset, int64_t length)');
  const wholeFile = Buffer.alloc(FLOCK_STRUCT_BYTES);
  wholeFile.writeInt16LE(F_WRLCK, 0);
  return {
    fallocate: (fd, mode, offset, length) => fallocate(fd, mode, offset, length) as number,
    lock: (fd) => fcntl(fd, F_OFD_SETLK, 'void *', wholeFile) as number,
  };
}

export function lockExclusively(fd: number): boolean {
  native ??= load();
  if (native.lock(fd) === 0) return true;
  const errno = koffi.errno();
  const { EAGAIN, EACCES, EWOULDBLOCK } = koffi.os.errno;
  if (errno === EAGAIN || errno === EACCES || errno === EWOULDBLOCK) return false;
  throw new Error(`cannot lock file: errno ${errno}`);
}

/**
 * Real blocks where the file system has them: a full disk then shows here and not at an fsync, and
 * fdatasync need not allocate. Where it cannot (errno EOPNOTSUPP, not Linux): a sparse file.
 */
export function preallocate(fd: number, size: number): void {
  native ??= load();
  if (native.fallocate(fd, 0, 0, size) === 0) return;
  if (process.platform === 'linux' && koffi.errno() === koffi.os.errno['ENOSPC']) {
    throw Object.assign(new Error('ENOSPC: no space left on device, fallocate'), {
      code: 'ENOSPC',
    });
  }
  fs.ftruncateSync(fd, size);
}
