import { EMPTY_BYTES, RaftIndex, Term, varintSize } from '@etcd-ts/foundation';
import { ENTRY_TYPES } from './enum-names.js';
import { FieldReader } from './field-reader.js';
import type { FieldWriter } from './field-writer.js';
import { encodeSized, lengthDelimitedSize } from './field-writer.js';
import type { RaftEntry } from './raft-types.js';

/** Of the marshalled entry. */
export function entrySizeBytes(entry: RaftEntry): number {
  const data = entry.data.length === 0 ? 0 : lengthDelimitedSize(entry.data.length);
  return 4 + varintSize(entry.term) + varintSize(entry.index) + data;
}

/** Writes exactly `entrySizeBytes(entry)` bytes. */
export function writeEntry(writer: FieldWriter, entry: RaftEntry): void {
  writer.number(1, ENTRY_TYPES.toNumber(entry.type));
  writer.number(2, entry.term);
  writer.number(3, entry.index);
  if (entry.data.length > 0) writer.bytes(4, entry.data);
}

/** As etcd up to 3.6 writes it: zeros too, but no empty data. */
export function encodeEntry(entry: RaftEntry): Uint8Array {
  return encodeSized(entrySizeBytes(entry), (writer) => writeEntry(writer, entry));
}

/** `data` is a view of `bytes`: copy it before `bytes` is used again. */
export function decodeEntry(bytes: Uint8Array): RaftEntry {
  return readEntry(new FieldReader(bytes));
}

export function readEntry(reader: FieldReader): RaftEntry {
  let type = 0;
  let term = Term(0);
  let index = RaftIndex(0);
  let data = EMPTY_BYTES;
  while (reader.next()) {
    if (reader.field === 1) type = reader.number();
    else if (reader.field === 2) term = reader.term();
    else if (reader.field === 3) index = reader.index();
    else if (reader.field === 4) data = reader.bytes();
    else reader.skip();
  }
  return { type: ENTRY_TYPES.toName(type), term, index, data };
}
