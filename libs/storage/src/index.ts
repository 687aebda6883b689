export type {
  ConfState,
  Entry,
  EntryType,
  HardState,
  Snapshot,
  SnapshotPosition,
  SnapshotRecord,
} from './log-record.js';
export { StorageError, WalCorruptionError, WalFailedError } from './storage-error.js';
export type { StorageErrorCode } from './storage-error.js';
export { Backend, DataDirectory, SnapshotFiles } from './surface.js';
export type {
  BackendObserver,
  BackendOptions,
  DataDirectoryOptions,
  RevisionRow,
} from './surface.js';
export { Wal } from './wal/wal.js';
export type { WalContents } from './wal/wal.js';
export type { WalObserver, WalOptions } from './wal/wal-options.js';
export { NODE_DISK } from './disk.js';
export type { Disk, DiskFile } from './disk.js';
