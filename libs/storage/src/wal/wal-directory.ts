import { dirname, join } from 'node:path';
import { must, RaftIndex, Term } from '@etcd-ts/foundation';
import { type Disk, type DiskFile, NODE_DISK } from '../disk.js';
import type { HardState, SnapshotPosition } from '../log-record.js';
import { StorageError } from '../storage-error.js';
import { committedSnapshots, LogReader, type TornTail } from './log-reader.js';
import { EMPTY_HARD_STATE } from './record-decoder.js';
import { RecordEncoder } from './record-encoder.js';
import { SegmentList } from './segment-list.js';
import { type SegmentName, segmentName, segmentsAmong, segmentsFrom } from './segment-name.js';
import { SegmentSupply } from './segment-supply.js';
import type { LogContents, WalSettings } from './wal-options.js';

/** Where the writer continues, and the files it takes over. */
export interface WalPosition {
  readonly dir: string;
  readonly file: DiskFile;
  readonly sequence: number;
  /** Where the next record goes in `file`. */
  readonly offset: number;
  readonly crc: number;
  readonly lastIndex: number;
  readonly metadata: Uint8Array;
  readonly hardState: HardState | undefined;
  readonly segments: SegmentList;
  readonly supply: SegmentSupply;
}

export const NO_SNAPSHOT: SnapshotPosition = { index: RaftIndex(0), term: Term(0) };

export function logExists(dir: string, disk: Disk = NODE_DISK): boolean {
  return disk.exists(dir) && segmentsAmong(disk.list(dir)).length > 0;
}

function lockOrThrow(file: DiskFile): void {
  if (file.lock()) return;
  file.close();
  throw new StorageError('dataDirectoryLocked', `WAL segment ${file.path} is in use elsewhere`);
}

/**
 * Builds the log in `<dir>.tmp` and renames it when it is durable, so that a crash leaves either
 * no log (and the member bootstraps again) or a complete one.
 */
export function createLog(dir: string, metadata: Uint8Array, settings: WalSettings): WalPosition {
  const { disk, segmentBytes } = settings;
  if (logExists(dir, disk)) throw new StorageError('io', `wal: ${dir} already exists`);
  const building = `${dir.replace(/\/+$/, '')}.tmp`;
  disk.removeDirectoryNow(building);
  disk.makeDirectory(building);
  const name = segmentName(0, 0);
  const file = disk.open(join(building, name.file), 'create');
  file.preallocate(segmentBytes);
  lockOrThrow(file);

  const encoder = new RecordEncoder(0, false);
  encoder.crcMarker();
  encoder.metadata(metadata);
  encoder.snapshot(NO_SNAPSHOT);
  const { bytes } = encoder.take();
  file.writeNow(bytes, 0);
  file.syncNow();
  disk.syncDirectoryNow(building);
  disk.removeDirectoryNow(dir);
  disk.rename(building, dir);
  disk.syncDirectoryNow(dirname(dir));

  const segments = new SegmentList(disk, dir);
  segments.add(name, file);
  const supply = new SegmentSupply(disk, dir, segmentBytes);
  supply.prepare();
  return {
    dir,
    file,
    sequence: 0,
    offset: bytes.length,
    crc: encoder.crc,
    lastIndex: 0,
    metadata: Uint8Array.from(metadata),
    hardState: undefined,
    segments,
    supply,
  };
}

function readLog(
  disk: Disk,
  dir: string,
  start: SnapshotPosition,
  names: SegmentName[],
): LogReader {
  const needed = segmentsFrom(names, start.index);
  if (needed.length === 0) {
    throw new StorageError(
      'snapshotNotFound',
      `wal: ${dir} does not reach back to index ${start.index}`,
    );
  }
  const reader = new LogReader(disk, dir, start);
  reader.read(needed);
  return reader;
}

export function openLog(
  dir: string,
  start: SnapshotPosition,
  settings: WalSettings,
): { position: WalPosition; contents: LogContents } {
  const { disk, segmentBytes } = settings;
  const names = segmentsAmong(disk.list(dir));
  const last = names.at(-1);
  if (last === undefined) throw new StorageError('io', `wal: no segment in ${dir}`);
  const needed = new Set(segmentsFrom(names, start.index));
  const segments = new SegmentList(disk, dir);
  try {
    // Locked before they are read: what is read here must not change under the reader.
    const files = names.map((name) => {
      const file = needed.has(name) ? disk.open(join(dir, name.file), 'update') : undefined;
      if (file !== undefined) lockOrThrow(file);
      segments.add(name, file);
      return file;
    });
    const reader = readLog(disk, dir, start, names);
    if (!reader.startFound) {
      throw new StorageError('snapshotNotFound', `wal: snapshot not found (index ${start.index})`);
    }
    const file = must(files.at(-1), 'the last segment is always needed');
    if (reader.torn !== undefined) repairTornTail(file, reader.torn, settings);
    file.preallocate(segmentBytes);
    file.syncNow();
    const supply = new SegmentSupply(disk, dir, segmentBytes);
    supply.prepare();
    const metadata = must(reader.metadata, 'a segment without metadata is refused by the reader');
    return {
      position: {
        dir,
        file,
        sequence: last.sequence,
        offset: reader.end,
        crc: reader.crc,
        lastIndex: reader.lastIndex,
        metadata,
        hardState: reader.hardState,
        segments,
        supply,
      },
      contents: {
        metadata,
        hardState: reader.hardState ?? EMPTY_HARD_STATE,
        entries: reader.entries,
      },
    };
  } catch (error) {
    segments.close();
    throw error;
  }
}

/**
 * Cuts off what the crash left of an unacknowledged write. The original stays as `.broken`, since
 * removing bytes of a log is the one thing that cannot be undone.
 */
function repairTornTail(file: DiskFile, torn: TornTail, settings: WalSettings): void {
  const { disk, logger } = settings;
  const kept = `${torn.file}.broken`;
  disk.copy(torn.file, kept);
  file.truncate(torn.offset);
  file.syncNow();
  disk.syncDirectoryNow(dirname(torn.file));
  logger.warn('repaired WAL', { path: torn.file, 'kept-as': kept, offset: torn.offset });
}

/**
 * Reads the whole log without changing it; a torn tail is ignored, since no snapshot in it was
 * acknowledged.
 */
export function readCommittedSnapshots(
  dir: string,
  disk: Disk = NODE_DISK,
): readonly SnapshotPosition[] {
  const names = segmentsAmong(disk.list(dir));
  if (names.length === 0) throw new StorageError('io', `wal: no segment in ${dir}`);
  const reader = new LogReader(disk, dir, NO_SNAPSHOT, 'snapshots');
  reader.read(names);
  return committedSnapshots(reader);
}
