import { join } from 'node:path';
import { crc32c, equalBytes, type RaftIndex, type Term } from '@etcd-ts/foundation';
import { MalformedMessageError } from '@etcd-ts/wire-protocol';
import type { Disk } from '../disk.js';
import type { Entry, HardState, SnapshotPosition, SnapshotRecord } from '../log-record.js';
import { WalCorruptionError } from '../storage-error.js';
import {
  CRC_RECORD,
  ENTRY_RECORD,
  type Frame,
  METADATA_RECORD,
  readFrame,
  SNAPSHOT_RECORD,
  STATE_RECORD,
} from './frame.js';
import {
  decodeEntry,
  decodeHardState,
  decodeSnapshotRecord,
  EMPTY_HARD_STATE,
} from './record-decoder.js';
import type { SegmentName } from './segment-name.js';
import { damageNotTorn, isZero } from './torn-tail.js';

/** A crash cut the last write of the last segment short: everything from `offset` on must go. */
export interface TornTail {
  readonly file: string;
  readonly offset: number;
}

/**
 * Reads segments in order and keeps what a member needs to go on. Allocates the segment under
 * the reader and the entries after `start`, never what a damaged length claims.
 */
export class LogReader {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #start: SnapshotPosition;
  readonly #want: 'everything' | 'snapshots';
  readonly #entries: Entry[] = [];
  readonly #snapshots: SnapshotRecord[] = [];
  #metadata: Uint8Array | undefined;
  #hardState: HardState | undefined;
  /** undefined until the first segment's checksum record sets where the chain begins. */
  #crc: number | undefined;
  #lastIndex = 0;
  /** Of the last entry seen with the index of the start, unless replaced by one before it. */
  #termAtStart: Term | undefined;
  #startFound = false;
  #end = 0;
  #torn: TornTail | undefined;

  /** 'snapshots' checks all records but keeps no entries and looks for no start. */
  constructor(
    disk: Disk,
    dir: string,
    start: SnapshotPosition,
    want: 'everything' | 'snapshots' = 'everything',
  ) {
    this.#disk = disk;
    this.#dir = dir;
    this.#start = start;
    this.#want = want;
  }

  read(segments: readonly SegmentName[]): void {
    segments.forEach((segment, i) => {
      const before = segments[i - 1];
      if (before !== undefined && segment.sequence !== before.sequence + 1) {
        throw new WalCorruptionError(this.#path(segment), 0, 'segment missing before this one');
      }
      this.#readSegment(this.#path(segment), i === segments.length - 1);
    });
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** In the order written. */
  get snapshots(): readonly SnapshotRecord[] {
    return this.#snapshots;
  }

  get metadata(): Uint8Array | undefined {
    return this.#metadata;
  }

  get hardState(): HardState | undefined {
    return this.#hardState;
  }

  /** The checksum after the last good record: where an encoder continues. */
  get crc(): number {
    return this.#crc ?? 0;
  }

  /** Highest index of an entry or snapshot record seen last, whether or not it was kept. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  /** Whether the log has the record of the snapshot that reading starts from. */
  get startFound(): boolean {
    return this.#startFound;
  }

  /** Offset after the last good record of the last segment. */
  get end(): number {
    return this.#end;
  }

  get torn(): TornTail | undefined {
    return this.#torn;
  }

  #path(segment: SegmentName): string {
    return join(this.#dir, segment.file);
  }

  #readSegment(file: string, isLast: boolean): void {
    const bytes = this.#disk.readFile(file);
    let at = 0;
    for (;;) {
      const outcome = readFrame(bytes, at);
      if (outcome.kind === 'frame' && this.#chain(outcome)) {
        this.#checkHead(file, at, outcome);
        this.#take(file, at, outcome);
        at = outcome.end;
        continue;
      }
      if (outcome.kind !== 'empty' || !isZero(bytes, at, bytes.length)) {
        this.#judgeBreak(file, bytes, at, isLast);
      }
      break;
    }
    // The header was durable before the segment got its name, so no crash can have cut it off.
    if (at === 0 || this.#metadata === undefined) {
      throw new WalCorruptionError(file, at, 'segment has no header');
    }
    this.#end = at;
  }

  #judgeBreak(file: string, bytes: Buffer, at: number, isLast: boolean): void {
    const reason = isLast
      ? damageNotTorn(bytes, at, this.crc)
      : 'damaged record in a complete segment';
    if (reason !== undefined) throw new WalCorruptionError(file, at, reason);
    this.#torn = { file, offset: at };
  }

  /** Continues the checksum over the record; false when it does not match. */
  #chain(frame: Frame): boolean {
    if (frame.type === CRC_RECORD) {
      if (frame.data.length > 0) return false;
      if (this.#crc !== undefined && frame.crc !== this.#crc) return false;
      this.#crc = frame.crc;
      return true;
    }
    const crc = crc32c(frame.data, this.crc);
    if (crc !== frame.crc) return false;
    this.#crc = crc;
    return true;
  }

  #checkHead(file: string, at: number, frame: Frame): void {
    if (at === 0 && frame.type !== CRC_RECORD) {
      throw new WalCorruptionError(file, at, 'segment does not begin with its checksum record');
    }
  }

  #take(file: string, at: number, frame: Frame): void {
    try {
      if (frame.type === ENTRY_RECORD) this.#takeEntry(file, at, decodeEntry(frame.data));
      else if (frame.type === STATE_RECORD) this.#hardState = decodeHardState(frame.data);
      else if (frame.type === METADATA_RECORD) this.#takeMetadata(file, at, frame.data);
      else if (frame.type === SNAPSHOT_RECORD) {
        this.#takeSnapshot(file, at, decodeSnapshotRecord(frame.data));
      }
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      throw new WalCorruptionError(file, at, `record content: ${error.message}`);
    }
  }

  #takeMetadata(file: string, at: number, data: Uint8Array): void {
    if (this.#metadata !== undefined && !equalBytes(this.#metadata, data)) {
      throw new WalCorruptionError(file, at, 'conflicting metadata found');
    }
    this.#metadata ??= Buffer.from(data);
  }

  /** A later entry with an index seen before replaces it and all after it: a new leader's log. */
  #takeEntry(file: string, at: number, entry: Entry): void {
    this.#lastIndex = entry.index;
    if (this.#want === 'snapshots') return;
    const position = entry.index - this.#start.index - 1;
    if (position < 0) {
      this.#entries.length = 0;
      this.#termAtStart = position === -1 ? entry.term : undefined;
    } else if (position <= this.#entries.length) {
      this.#entries.length = position;
      this.#entries.push(entry);
    } else if (this.#startFound) {
      throw new WalCorruptionError(file, at, `entry ${entry.index} leaves a gap before it`);
    }
    // Else it is of a log that the snapshot replaced, whose beginning may be purged already.
  }

  /**
   * A snapshot that a leader sent replaces the whole log, and only its record says so: entries of
   * before that go beyond it are not of the leader's log and must not come back to life.
   */
  #isReplacedBy({ term }: SnapshotRecord): boolean {
    const first = this.#entries[0];
    if (first !== undefined && first.term < term) return true;
    return this.#termAtStart !== undefined && this.#termAtStart !== term;
  }

  #takeSnapshot(file: string, at: number, record: SnapshotRecord): void {
    if (this.#want === 'everything' && record.index === this.#start.index) {
      if (record.term !== this.#start.term) {
        throw new WalCorruptionError(file, at, 'snapshot mismatch');
      }
      this.#startFound = true;
      if (this.#isReplacedBy(record)) this.#entries.length = 0;
    }
    this.#lastIndex = Math.max(this.#lastIndex, record.index);
    this.#snapshots.push(record);
  }
}

/** Snapshots the log has committed: only those may be loaded (a snapshot may precede its state). */
export function committedSnapshots(reader: LogReader): readonly SnapshotPosition[] {
  const commit: RaftIndex = (reader.hardState ?? EMPTY_HARD_STATE).commit;
  return reader.snapshots.filter((snapshot) => snapshot.index <= commit);
}
