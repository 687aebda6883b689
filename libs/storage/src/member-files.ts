import { Backend } from './backend/backend.js';
import { BackendImport, type ImportTarget } from './backend/backend-import.js';
import type { BackendOptions } from './backend/backend-options.js';
import { SqliteDatabase } from './backend/sqlite-database.js';
import { SqliteImport } from './backend/sqlite-import.js';
import type { StateDatabase } from './backend/state-database.js';
import { DataDirectory, type DataDirectoryOptions } from './data-directory.js';
import { type Disk, NODE_DISK } from './disk.js';
import type { SnapshotPosition } from './log-record.js';
import { SnapshotFiles, type SnapshotFilesOptions } from './snapshot/snapshot-files.js';
import { Wal, type WalContents } from './wal/wal.js';
import type { WalOptions } from './wal/wal-options.js';

/** Opens state databases by path. */
export interface DatabaseFiles {
  /** Throws StorageError, see Backend.open(). */
  open(path: string, mustExist: boolean): StateDatabase;
  createImport(path: string): ImportTarget;
}

/**
 * Everything a member keeps on a disk is opened through one of these: the machine's file system and
 * SQLite (REAL_FILES), or what a simulation puts in their place. The options' own `disk` is not
 * asked.
 */
export interface MemberFiles {
  /** For whatever else is kept in the data directory. */
  readonly disk: Disk;
  openDirectory(dataDir: string, options: DataDirectoryOptions): DataDirectory;
  openBackend(file: string, options: BackendOptions): Backend;
  createImport(path: string): BackendImport;
  createWal(dir: string, metadata: Uint8Array, options: WalOptions): Wal;
  openWal(dir: string, startSnapshot: SnapshotPosition, options: WalOptions): WalContents;
  readValidSnapshots(walDir: string): readonly SnapshotPosition[];
  snapshotFiles(dir: string, options: SnapshotFilesOptions): SnapshotFiles;
}

const SQLITE: DatabaseFiles = {
  open: (path, mustExist) => SqliteDatabase.open(path, mustExist),
  createImport: (path) => SqliteImport.create(path, NODE_DISK),
};

/** `wal`: what all logs have in common, where their callers do not say otherwise. */
export function memberFiles(
  disk: Disk,
  databases: DatabaseFiles,
  wal: Pick<WalOptions, 'segmentBytes' | 'mayBlock'> = {},
): MemberFiles {
  return {
    disk,
    openDirectory: (dataDir, options) => DataDirectory.open(dataDir, { ...options, disk }),
    openBackend: (file, options) =>
      new Backend(databases.open(file, options.mustExist), { ...options, disk }),
    createImport: (path) => new BackendImport(databases.createImport(path)),
    createWal: (dir, metadata, options) => Wal.create(dir, metadata, { ...wal, ...options, disk }),
    openWal: (dir, start, options) => Wal.open(dir, start, { ...wal, ...options, disk }),
    readValidSnapshots: (walDir) => Wal.readValidSnapshots(walDir, disk),
    snapshotFiles: (dir, options) => new SnapshotFiles(dir, { ...options, disk }),
  };
}

export const REAL_FILES: MemberFiles = memberFiles(NODE_DISK, SQLITE);
