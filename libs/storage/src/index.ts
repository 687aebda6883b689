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
export { Backend, DataDirectory, SnapshotFiles, Wal } from './surface.js';
export type {
  BackendObserver,
  BackendOptions,
  DataDirectoryOptions,
  RevisionRow,
  WalContents,
  WalObserver,
  WalOptions,
} from './surface.js';
