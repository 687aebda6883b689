import { crc32c, EMPTY_BYTES, varintSize, writeVarint, writeVarint64 } from '@etcd-ts/foundation';
import {
  encodeConfState,
  encodeSized,
  ENTRY_TYPES,
  lengthDelimitedSize,
} from '@etcd-ts/wire-protocol';
import type { Entry, HardState, SnapshotRecord } from '../log-record.js';
import {
  CRC_RECORD,
  ENTRY_RECORD,
  LENGTH_FIELD_BYTES,
  METADATA_RECORD,
  paddingOf,
  type RecordType,
  SNAPSHOT_RECORD,
  STATE_RECORD,
  writeLengthField,
} from './frame.js';

/** A new segment begins at `offset` of the batch; its first entry will be `firstIndex`. */
export interface Cut {
  readonly offset: number;
  readonly firstIndex: number;
}

export interface Batch {
  /** A view of the encoder's buffer: valid until recycle() hands that back. */
  readonly bytes: Buffer<ArrayBuffer>;
  readonly cuts: readonly Cut[];
}

const INITIAL_BATCH_BYTES = 64 * 1024;
/** A batch buffer that one giant batch has grown is not kept beyond this. */
const MAX_RECYCLED_BATCH_BYTES = 4 * 1024 * 1024;
/** Longest run of scalars before a payload: three fields of an entry and the payload's length. */
const SCRATCH_BYTES = 48;

/** walpb.Snapshot; written once a snapshot, so it may take the slow way. */
function encodeSnapshotRecord({ index, term, confState }: SnapshotRecord): Uint8Array {
  const state = confState === undefined ? undefined : encodeConfState(confState);
  const stateBytes = state === undefined ? 0 : lengthDelimitedSize(state.length);
  return encodeSized(2 + varintSize(index) + varintSize(term) + stateBytes, (writer) => {
    writer.number(1, index);
    writer.number(2, term);
    if (state !== undefined) writer.bytes(3, state);
  });
}

/**
 * Encodes records straight into one growing buffer and carries the checksum chain: the crc of a
 * record covers the data of all records since the start of the log.
 */
export class RecordEncoder {
  readonly #scratch = Buffer.allocUnsafe(SCRATCH_BYTES);
  readonly #barriers: boolean;
  #buffer: Buffer<ArrayBuffer> = Buffer.allocUnsafe(INITIAL_BATCH_BYTES);
  #spare: Buffer<ArrayBuffer> | undefined = Buffer.allocUnsafe(INITIAL_BATCH_BYTES);
  #length = 0;
  #cuts: Cut[] = [];
  #crc: number;

  /** `barriers`: each batch is durable before the next is written (see frame.ts). */
  constructor(crc: number, barriers: boolean) {
    this.#crc = crc;
    this.#barriers = barriers;
  }

  /** Bytes encoded since the last take. */
  get length(): number {
    return this.#length;
  }

  /** The chain after the last record. */
  get crc(): number {
    return this.#crc;
  }

  entry(entry: Entry): void {
    const scratch = this.#scratch;
    scratch[0] = 0x08;
    scratch[1] = ENTRY_TYPES.toNumber(entry.type);
    scratch[2] = 0x10;
    let at = writeVarint(scratch, 3, entry.term);
    scratch[at++] = 0x18;
    at = writeVarint(scratch, at, entry.index);
    if (entry.data.length > 0) {
      scratch[at++] = 0x22;
      at = writeVarint(scratch, at, entry.data.length);
    }
    this.#record(ENTRY_RECORD, at, entry.data);
  }

  hardState(state: HardState): void {
    const scratch = this.#scratch;
    scratch[0] = 0x08;
    let at = writeVarint(scratch, 1, state.term);
    scratch[at++] = 0x10;
    at = writeVarint64(scratch, at, state.vote);
    scratch[at++] = 0x18;
    at = writeVarint(scratch, at, state.commit);
    this.#record(STATE_RECORD, at, EMPTY_BYTES);
  }

  metadata(metadata: Uint8Array): void {
    this.#record(METADATA_RECORD, 0, metadata);
  }

  snapshot(record: SnapshotRecord): void {
    this.#record(SNAPSHOT_RECORD, 0, encodeSnapshotRecord(record));
  }

  /** The first record of a segment: carries the chain over from the segment before. */
  crcMarker(): void {
    this.#record(CRC_RECORD, 0, EMPTY_BYTES);
  }

  /** What follows goes into a new segment. */
  cut(firstIndex: number): void {
    this.#cuts.push({ offset: this.#length, firstIndex });
  }

  /** Data is the first `headBytes` of the scratch buffer, then `body`. */
  #record(type: RecordType, headBytes: number, body: Uint8Array): void {
    const crc = crc32c(body, crc32c(this.#scratch, this.#crc, 0, headBytes));
    this.#crc = crc;
    const dataBytes = headBytes + body.length;
    const dataField = dataBytes === 0 ? 0 : 1 + varintSize(dataBytes) + dataBytes;
    const recordBytes = 2 + 1 + varintSize(crc) + dataField;
    const padding = paddingOf(recordBytes);
    this.#reserve(LENGTH_FIELD_BYTES + recordBytes + padding);

    const out = this.#buffer;
    let at = this.#length;
    writeLengthField(out, at, recordBytes, this.#barriers && at === 0);
    at += LENGTH_FIELD_BYTES;
    out[at++] = 0x08;
    out[at++] = type;
    out[at++] = 0x10;
    at = writeVarint(out, at, crc);
    if (dataBytes > 0) {
      out[at++] = 0x1a;
      at = writeVarint(out, at, dataBytes);
      for (let i = 0; i < headBytes; i++) out[at++] = this.#scratch[i] as number;
      out.set(body, at);
      at += body.length;
    }
    for (let i = 0; i < padding; i++) out[at++] = 0;
    this.#length = at;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    let size = this.#buffer.length;
    while (size < this.#length + bytes) size *= 2;
    const grown = Buffer.allocUnsafe(size);
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }

  /** Everything encoded since the last take; the next batch gathers in another buffer. */
  take(): Batch {
    const batch = { bytes: this.#buffer.subarray(0, this.#length), cuts: this.#cuts };
    this.#buffer = this.#spare ?? Buffer.allocUnsafe(INITIAL_BATCH_BYTES);
    this.#spare = undefined;
    this.#length = 0;
    this.#cuts = [];
    return batch;
  }

  /** Gives a written batch's memory back for reuse. */
  recycle(batch: Batch): void {
    const whole = batch.bytes;
    if (whole.buffer.byteLength > MAX_RECYCLED_BATCH_BYTES) return;
    this.#spare = Buffer.from(whole.buffer);
  }
}
