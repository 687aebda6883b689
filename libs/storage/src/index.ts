export { Backend } from './backend/backend.js';
export { BackendImport } from './backend/backend-import.js';
export type { BackendView } from './backend/backend-view.js';
export type { BackendObserver, BackendOptions } from './backend/backend-options.js';
export { logBreak } from './backend/sqlite-log.js';
export type { RevisionRow } from './backend/pending-changes.js';
export { DataDirectory } from './data-directory.js';
export type { DataDirectoryOptions } from './data-directory.js';
export type { Disk, DiskFile } from './disk.js';
export type {
  ConfState,
  Entry,
  EntryType,
  HardState,
  Snapshot,
  SnapshotPosition,
  SnapshotRecord,
} from './log-record.js';
export { REAL_FILES } from './member-files.js';
export type { DatabaseFiles, MemberFiles } from './member-files.js';
export { SimulatedStorage } from './simulation/simulated-storage.js';
export type { Survival } from './simulation/inode.js';
export { SnapshotFiles } from './snapshot/snapshot-files.js';
export type { SnapshotFilesObserver, SnapshotFilesOptions } from './snapshot/snapshot-files.js';
export { StorageError, WalCorruptionError, WalFailedError } from './storage-error.js';
export type { StorageErrorCode } from './storage-error.js';
export { Wal } from './wal/wal.js';
export type { WalContents } from './wal/wal.js';
export type { WalObserver, WalOptions } from './wal/wal-options.js';
