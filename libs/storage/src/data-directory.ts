import { dirname, join, resolve } from 'node:path';
import type { Logger } from '@etcd-ts/foundation';
import { type Disk, type DiskFile, NODE_DISK } from './disk.js';
import { messageOf, StorageError } from './storage-error.js';
import { logExists } from './wal/wal-directory.js';

export interface DataDirectoryOptions {
  /** Replaces `<data-dir>/member/wal`; empty or absent: the default. */
  readonly walDir?: string;
  readonly logger: Logger;
  /** Where the files are; the default is the machine's file system. */
  readonly disk?: Disk;
}

const DIRECTORY_MODE = 0o700;
/** etcd's backend is `db`: another name, so that neither program opens the other's file. */
const BACKEND_FILE = 'db.sqlite';
const INCOMING_FILE = 'incoming.sqlite';
const LOCK_FILE = 'lock';
/** Names etcd's tools put beside `member`. */
const KNOWN_NAMES = new Set(['member', 'fixtures']);
/** Left behind by a save or a download that a crash cut short. */
const LEFTOVER = /^(?:tmp.*|db\.tmp.*|.*\.snap\.tmp|.*\.sqlite\.tmp.*)$/;

/**
 * A member's directory, owned from open() to close(). The lock is on a file inside, held by the
 * open descriptor: the system drops it with the process, however that ends.
 */
export class DataDirectory {
  readonly dataDir: string;
  readonly memberDir: string;
  readonly walDir: string;
  readonly snapDir: string;
  readonly backendFile: string;
  /** Where a received state is built, beside the backend that will adopt it. */
  readonly incomingFile: string;
  readonly #lock: DiskFile;
  readonly #disk: Disk;

  private constructor(dataDir: string, walDir: string, lock: DiskFile, disk: Disk) {
    this.dataDir = dataDir;
    this.memberDir = join(dataDir, 'member');
    this.walDir = walDir;
    this.snapDir = join(this.memberDir, 'snap');
    this.backendFile = join(this.snapDir, BACKEND_FILE);
    this.incomingFile = join(this.snapDir, INCOMING_FILE);
    this.#lock = lock;
    this.#disk = disk;
  }

  /**
   * Creates what is missing (0700; not the WAL directory, which Wal.create() renames into place).
   * Throws StorageError: 'dataDirectoryLocked', 'dataDirectoryInvalid', 'io'.
   */
  static open(dataDir: string, options: DataDirectoryOptions): DataDirectory {
    const path = resolve(dataDir);
    const memberDir = join(path, 'member');
    const { walDir: chosen = '', disk = NODE_DISK, logger } = options;
    const walDir = chosen === '' ? join(memberDir, 'wal') : resolve(chosen);
    try {
      makeDirectory(path, disk, logger);
      checkNames(path, disk, logger);
      makeDirectory(memberDir, disk, logger);
      const lock = takeLock(path, join(memberDir, LOCK_FILE), disk);
      try {
        makeDirectory(join(memberDir, 'snap'), disk, logger);
        makeDirectory(dirname(walDir), disk, logger);
        removeLeftovers(join(memberDir, 'snap'), disk, logger);
        return new DataDirectory(path, walDir, lock, disk);
      } catch (error) {
        lock.close();
        throw error;
      }
    } catch (error) {
      if (error instanceof StorageError) throw error;
      const reason = messageOf(error);
      throw new StorageError('io', `cannot open data directory ${path}: ${reason}`, error);
    }
  }

  /** Whether a write-ahead log exists: this member has run before. */
  hasWal(): boolean {
    return logExists(this.walDir, this.#disk);
  }

  close(): void {
    this.#lock.close();
  }
}

function makeDirectory(path: string, disk: Disk, logger: Logger): void {
  if (!disk.exists(path)) {
    disk.makeDirectory(path);
    // Parents made on the way, too, would need this; etcd stops at the one it names as well.
    disk.syncDirectoryNow(dirname(path));
    return;
  }
  const mode = disk.permissions(path);
  if ((mode & ~DIRECTORY_MODE) === 0) return;
  logger.warn('check file permission', {
    error:
      `directory "${path}" exist, but the permission is "${mode.toString(8).padStart(4, '0')}". ` +
      `The recommended permission is "0700" to prevent possible unprivileged access to the data`,
  });
}

function checkNames(dataDir: string, disk: Disk, logger: Logger): void {
  const names = disk.list(dataDir);
  if (names.includes('member') && names.includes('proxy')) {
    throw new StorageError(
      'dataDirectoryInvalid',
      'invalid datadir; both member and proxy directories exist',
    );
  }
  for (const filename of names) {
    if (KNOWN_NAMES.has(filename)) continue;
    logger.warn('found invalid file under data directory', { filename, 'data-dir': dataDir });
  }
}

function takeLock(dataDir: string, path: string, disk: Disk): DiskFile {
  const file = disk.open(path, disk.exists(path) ? 'update' : 'create');
  let locked = false;
  try {
    locked = file.lock();
  } finally {
    if (!locked) file.close();
  }
  if (locked) return file;
  throw new StorageError(
    'dataDirectoryLocked',
    `data directory ${dataDir} is in use by another process`,
  );
}

function removeLeftovers(snapDir: string, disk: Disk, logger: Logger): void {
  for (const name of disk.list(snapDir).filter((file) => LEFTOVER.test(file))) {
    const path = join(snapDir, name);
    disk.removeDirectoryNow(path);
    logger.info('removed a leftover of an unfinished write', { path });
  }
}
