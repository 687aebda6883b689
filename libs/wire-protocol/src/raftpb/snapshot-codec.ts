import { EMPTY_BYTES, RaftIndex, Term, varintSize } from '@etcd-ts/foundation';
import { FieldReader } from './field-reader.js';
import type { FieldWriter } from './field-writer.js';
import { encodeSized, lengthDelimitedSize } from './field-writer.js';
import type { RaftConfState, RaftSnapshot, RaftSnapshotMetadata } from './raft-types.js';
import { confStateSizeBytes, readConfState, writeConfState } from './state-codec.js';

function metadataSizeBytes({ confState, index, term }: RaftSnapshotMetadata): number {
  const state = lengthDelimitedSize(confStateSizeBytes(confState));
  return state + 2 + varintSize(index) + varintSize(term);
}

export function snapshotSizeBytes(snapshot: RaftSnapshot): number {
  const data = snapshot.data.length === 0 ? 0 : lengthDelimitedSize(snapshot.data.length);
  return data + lengthDelimitedSize(metadataSizeBytes(snapshot.metadata));
}

export function writeSnapshot(writer: FieldWriter, snapshot: RaftSnapshot): void {
  const { data, metadata } = snapshot;
  if (data.length > 0) writer.bytes(1, data);
  writer.message(2, metadataSizeBytes(metadata));
  writer.message(1, confStateSizeBytes(metadata.confState));
  writeConfState(writer, metadata.confState);
  writer.number(2, metadata.index);
  writer.number(3, metadata.term);
}

/** The metadata and its configuration always, zeros too; no empty data. */
export function encodeSnapshot(snapshot: RaftSnapshot): Uint8Array {
  return encodeSized(snapshotSizeBytes(snapshot), (writer) => writeSnapshot(writer, snapshot));
}

/** `data` is a view of `bytes`. */
export function decodeSnapshot(bytes: Uint8Array): RaftSnapshot {
  return readSnapshot(new FieldReader(bytes));
}

const EMPTY_CONF_STATE: RaftConfState = readConfState(new FieldReader(EMPTY_BYTES));

function readMetadata(reader: FieldReader): RaftSnapshotMetadata {
  let confState = EMPTY_CONF_STATE;
  let index = RaftIndex(0);
  let term = Term(0);
  while (reader.next()) {
    if (reader.field === 1) confState = readConfState(reader.message());
    else if (reader.field === 2) index = reader.index();
    else if (reader.field === 3) term = reader.term();
    else reader.skip();
  }
  return { confState, index, term };
}

export function readSnapshot(reader: FieldReader): RaftSnapshot {
  let data = EMPTY_BYTES;
  let metadata = readMetadata(new FieldReader(EMPTY_BYTES));
  while (reader.next()) {
    if (reader.field === 1) data = reader.bytes();
    else if (reader.field === 2) metadata = readMetadata(reader.message());
    else reader.skip();
  }
  return { data, metadata };
}
