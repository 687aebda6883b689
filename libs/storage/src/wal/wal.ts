import { failpoint } from '@etcd-ts/failpoint';
import { join } from 'node:path';
import { assert, type RaftIndex } from '@etcd-ts/foundation';
import type { Disk, DiskFile } from '../disk.js';
import type { Entry, HardState, SnapshotPosition, SnapshotRecord } from '../log-record.js';
import { WalFailedError } from '../storage-error.js';
import { type Batch, type Cut, RecordEncoder } from './record-encoder.js';
import type { SegmentList } from './segment-list.js';
import { segmentName } from './segment-name.js';
import type { SegmentSupply } from './segment-supply.js';
import {
  createLog,
  logExists,
  openLog,
  readCommittedSnapshots,
  type WalPosition,
} from './wal-directory.js';
import { type LogContents, type WalOptions, type WalSettings, walSettings } from './wal-options.js';

/** Below this a write is only a copy into the page cache, cheaper here than a thread's round trip. */
const MAX_SYNCHRONOUS_WRITE_BYTES = 64 * 1024;
/** As etcd: slower than this and an operator should know. */
const SLOW_SYNC_SECONDS = 1;
/**
 * A sync that is quicker than this may be waited for in place; a thread's round trip costs about as
 * much as the sync of a good disk. Measured with one client and one member: p50 of a put 355 -> 220
 * microseconds, processor 0.32 -> 0.18 ms.
 */
const QUICK_SYNC_SECONDS = 0.001;
/** So many in a row make a disk quick. After one slow sync the next ones leave the thread free. */
const QUICK_SYNCS = 8;
export interface WalContents extends LogContents {
  readonly wal: Wal;
}

/**
 * The write-ahead log in etcd's on-disk format. append() encodes into memory; sync() makes all of
 * it durable with one write and one fdatasync, shared by everybody who waits; while that is in
 * flight the next batch gathers. One sync is in flight at a time, so batches reach the disk in order.
 */
export class Wal {
  readonly #settings: WalSettings;
  readonly #dir: string;
  readonly #metadata: Uint8Array;
  readonly #segments: SegmentList;
  readonly #supply: SegmentSupply;
  readonly #encoder: RecordEncoder;
  #file: DiskFile;
  #sequence: number;
  #writeOffset: number;
  /** Where the encoder's batch begins in its segment, and how much of the batch is before a cut. */
  #encodedBase: number;
  #lastIndex: number;
  #hardState: HardState | undefined;
  #inFlight: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  #failure: WalFailedError | undefined;
  #quickSyncs = 0;

  private constructor(position: WalPosition, settings: WalSettings) {
    this.#settings = settings;
    this.#dir = position.dir;
    this.#metadata = position.metadata;
    this.#segments = position.segments;
    this.#supply = position.supply;
    this.#encoder = new RecordEncoder(position.crc, !settings.unsafeNoFsync);
    this.#file = position.file;
    this.#sequence = position.sequence;
    this.#writeOffset = position.offset;
    this.#encodedBase = position.offset;
    this.#lastIndex = position.lastIndex;
    this.#hardState = position.hardState;
  }

  static exists(dir: string, disk?: Disk): boolean {
    return logExists(dir, disk);
  }

  /** Built under another name and renamed when durable: a log exists whole or not at all. */
  static create(dir: string, metadata: Uint8Array, options: WalOptions): Wal {
    const settings = walSettings(options);
    return new Wal(createLog(dir, metadata, settings), settings);
  }

  /**
   * Reads everything after `startSnapshot` ({0, 0} for all) and is ready to append. A torn tail of
   * the last segment is removed, the original kept as `<name>.broken`. Throws WalCorruptionError
   * for any other damage, StorageError('snapshotNotFound') when the log has no record of the
   * snapshot, StorageError('dataDirectoryLocked') when another process has it open.
   */
  static open(dir: string, startSnapshot: SnapshotPosition, options: WalOptions): WalContents {
    const settings = walSettings(options);
    const { position, contents } = openLog(dir, startSnapshot, settings);
    return { wal: new Wal(position, settings), ...contents };
  }

  /** Snapshots the log records and has committed, oldest first. Changes nothing on disk. */
  static readValidSnapshots(dir: string, disk?: Disk): readonly SnapshotPosition[] {
    return readCommittedSnapshots(dir, disk);
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Encodes into the pending batch, entries before the hard state; no I/O, nothing is kept of the
   * arguments. Throws WalFailedError after a failure.
   */
  append(hardState: HardState | undefined, entries: readonly Entry[]): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#cutIfFull();
    for (const entry of entries) {
      this.#encoder.entry(entry);
      this.#lastIndex = entry.index;
    }
    if (hardState !== undefined) {
      this.#encoder.hardState(hardState);
      this.#hardState = hardState;
    }
  }

  /** Records a snapshot whose file is already durable; resolves when the record is. */
  saveSnapshot(record: SnapshotRecord): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#cutIfFull();
    this.#encoder.snapshot(record);
    this.#lastIndex = Math.max(this.#lastIndex, record.index);
    return this.sync();
  }

  /**
   * The cut is decided while encoding, because the new segment's header is part of the checksum
   * chain: records encoded after it already continue from it, though nothing is written yet.
   */
  #cutIfFull(): void {
    const encoder = this.#encoder;
    if (this.#encodedBase + encoder.length < this.#settings.segmentBytes) return;
    encoder.cut(this.#lastIndex + 1);
    this.#encodedBase = -encoder.length;
    encoder.crcMarker();
    encoder.metadata(this.#metadata);
    if (this.#hardState !== undefined) encoder.hardState(this.#hardState);
  }

  /**
   * Resolves when everything appended before the call is durable; callers share batches. Rejects
   * with WalFailedError once the log has failed, and from then on always. With `mayBlock` this
   * thread has nothing better to do than to wait, and does, while the disk is known to be quick.
   */
  sync(mayBlock = false): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    // First: between the end of one batch and the start of the queued one, both are unset or done.
    if (this.#queued !== undefined) return this.#queued;
    if (this.#inFlight === undefined) {
      return this.#encoder.length === 0 ? Promise.resolve() : this.#begin(mayBlock);
    }
    if (this.#encoder.length === 0) return this.#inFlight;
    this.#queued = this.#inFlight.then(() => this.#begin());
    return this.#queued;
  }

  #begin(mayBlock = false): Promise<void> {
    assert(this.#inFlight === undefined, 'one write-ahead log batch in flight at a time');
    this.#queued = undefined;
    const batch = this.#encoder.take();
    this.#encodedBase += batch.bytes.length;
    this.#inFlight = this.#persist(batch, mayBlock).then(
      () => {
        this.#inFlight = undefined;
        this.#encoder.recycle(batch);
      },
      (error: unknown) => {
        throw this.#fail(error);
      },
    );
    return this.#inFlight;
  }

  /**
   * Never retried. After a failed fsync the kernel marks the pages clean, so the next fsync would
   * succeed although the data is gone; every acknowledgement after that would be a lie.
   */
  #fail(cause: unknown): WalFailedError {
    this.#failure ??= new WalFailedError(cause);
    this.#settings.logger.error('write-ahead log failed; nothing more is acknowledged', {
      path: this.#file.path,
      error: this.#failure,
    });
    return this.#failure;
  }

  async #persist({ bytes, cuts }: Batch, mayBlock: boolean): Promise<void> {
    await this.#write(bytes.subarray(0, cuts[0]?.offset ?? bytes.length));
    await this.#sync(mayBlock && this.#settings.mayBlock && this.#quickSyncs >= QUICK_SYNCS);
    for (const [i, cut] of cuts.entries()) {
      await this.#finishSegment();
      await this.#beginSegment(cut, bytes.subarray(cut.offset, cuts[i + 1]?.offset));
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    const { clock, observer } = this.#settings;
    const startMs = clock.monotonicMs();
    if (bytes.length <= MAX_SYNCHRONOUS_WRITE_BYTES) this.#file.writeNow(bytes, this.#writeOffset);
    else await this.#file.write(bytes, this.#writeOffset);
    this.#writeOffset += bytes.length;
    observer?.written(bytes.length, (clock.monotonicMs() - startMs) / 1000);
  }

  async #sync(inPlace = false): Promise<void> {
    if (this.#settings.unsafeNoFsync) return;
    const { clock, observer, logger } = this.#settings;
    const startMs = clock.monotonicMs();
    FAILPOINT: failpoint('walBeforeSync');
    if (inPlace) this.#file.syncNow();
    else await this.#file.sync();
    FAILPOINT: failpoint('walAfterSync');
    const seconds = (clock.monotonicMs() - startMs) / 1000;
    this.#quickSyncs = seconds < QUICK_SYNC_SECONDS ? this.#quickSyncs + 1 : 0;
    observer?.fsynced(seconds);
    if (seconds > SLOW_SYNC_SECONDS) {
      logger.warn('slow fdatasync', {
        took: `${seconds.toFixed(3)}s`,
        'expected-duration': `${SLOW_SYNC_SECONDS}s`,
      });
    }
  }

  /** Cuts off the preallocated rest: a complete segment ends with its last record. */
  async #finishSegment(): Promise<void> {
    this.#file.truncate(this.#writeOffset);
    await this.#sync();
  }

  /** The segment gets its name only when its header is durable: a named segment is never headless. */
  async #beginSegment(cut: Cut, bytes: Buffer): Promise<void> {
    const { disk, logger } = this.#settings;
    const file = this.#supply.take();
    const name = segmentName(this.#sequence + 1, cut.firstIndex);
    this.#file = file;
    this.#writeOffset = 0;
    await this.#write(bytes);
    await this.#sync();
    disk.rename(file.path, join(this.#dir, name.file));
    if (!this.#settings.unsafeNoFsync) await disk.syncDirectory(this.#dir);
    this.#sequence = name.sequence;
    this.#segments.add(name, file);
    logger.info('created a new WAL segment', { path: join(this.#dir, name.file) });
    this.#prepareNext();
  }

  #prepareNext(): void {
    try {
      this.#supply.prepare();
    } catch (error) {
      // Not yet a failure: there may be room again when the segment is needed.
      this.#settings.logger.warn('failed to preallocate the next WAL segment', {
        error: error instanceof Error ? error : String(error),
      });
    }
  }

  /** Segments that hold nothing above `index` may be purged. The newest snapshot's index. */
  releaseTo(index: RaftIndex): void {
    this.#segments.release(index);
  }

  /** `purge` would remove something. */
  get hasSurplus(): boolean {
    const { maxWals } = this.#settings;
    return maxWals !== 0 && this.#segments.hasSurplus(maxWals);
  }

  /** Removes released segments beyond maxWals, oldest first; resolves with how many. */
  purge(): Promise<number> {
    const { maxWals } = this.#settings;
    return maxWals === 0 ? Promise.resolve(0) : this.#segments.purge(maxWals);
  }

  /** Makes what is appended durable (unless failed) and closes the files. */
  async close(): Promise<void> {
    try {
      if (this.#failure === undefined) await this.sync();
    } finally {
      this.#supply.close();
      this.#segments.close();
    }
  }
}
