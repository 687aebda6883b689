import {
  EMPTY_BYTES,
  NO_MEMBER,
  RaftIndex,
  Term,
  varintSize,
  varintSize64,
} from '@etcd-ts/foundation';
import { entrySizeBytes, readEntry, writeEntry } from './entry-codec.js';
import { FieldReader } from './field-reader.js';
import type { FieldWriter } from './field-writer.js';
import { encodeSized, lengthDelimitedSize } from './field-writer.js';
import type { RaftEntry, RaftPeerMessage } from './raft-types.js';
import { readSnapshot, snapshotSizeBytes, writeSnapshot } from './snapshot-codec.js';

function peerMessageSizeBytes(message: RaftPeerMessage): number {
  let size = 10 + varintSize(message.type) + 1;
  size += varintSize64(message.to) + varintSize64(message.from) + varintSize64(message.vote);
  size += varintSize(message.term) + varintSize(message.logTerm) + varintSize(message.index);
  size += varintSize(message.commit) + varintSize(message.rejectHint);
  for (const entry of message.entries) size += lengthDelimitedSize(entrySizeBytes(entry));
  if (message.snapshot !== undefined) {
    size += lengthDelimitedSize(snapshotSizeBytes(message.snapshot));
  }
  if (message.context.length > 0) size += lengthDelimitedSize(message.context.length);
  return size;
}

/** All scalars, zeros too; no empty context, no absent snapshot. */
export function encodePeerMessage(message: RaftPeerMessage): Uint8Array {
  return encodeSized(peerMessageSizeBytes(message), (writer) => writePeerMessage(writer, message));
}

function writePeerMessage(writer: FieldWriter, message: RaftPeerMessage): void {
  writer.number(1, message.type);
  writer.uint64(2, message.to);
  writer.uint64(3, message.from);
  writer.number(4, message.term);
  writer.number(5, message.logTerm);
  writer.number(6, message.index);
  for (const entry of message.entries) {
    writer.message(7, entrySizeBytes(entry));
    writeEntry(writer, entry);
  }
  writer.number(8, message.commit);
  if (message.snapshot !== undefined) {
    writer.message(9, snapshotSizeBytes(message.snapshot));
    writeSnapshot(writer, message.snapshot);
  }
  writer.number(10, message.reject ? 1 : 0);
  writer.number(11, message.rejectHint);
  if (message.context.length > 0) writer.bytes(12, message.context);
  writer.uint64(13, message.vote);
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The data of entries and snapshot, and the context, are views of `bytes`. */
export function decodePeerMessage(bytes: Uint8Array): RaftPeerMessage {
  const entries: RaftEntry[] = [];
  const message: Mutable<RaftPeerMessage> = {
    type: 0,
    to: NO_MEMBER,
    from: NO_MEMBER,
    term: Term(0),
    logTerm: Term(0),
    index: RaftIndex(0),
    entries,
    commit: RaftIndex(0),
    snapshot: undefined,
    reject: false,
    rejectHint: RaftIndex(0),
    context: EMPTY_BYTES,
    vote: NO_MEMBER,
  };
  const reader = new FieldReader(bytes);
  while (reader.next()) {
    if (reader.field === 7) entries.push(readEntry(reader.message()));
    else readPeerField(reader, message);
  }
  return message;
}

function readPeerField(reader: FieldReader, message: Mutable<RaftPeerMessage>): void {
  switch (reader.field) {
    case 1:
      message.type = reader.number();
      break;
    case 2:
      message.to = reader.memberId();
      break;
    case 3:
      message.from = reader.memberId();
      break;
    case 4:
      message.term = reader.term();
      break;
    case 5:
      message.logTerm = reader.term();
      break;
    case 6:
      message.index = reader.index();
      break;
    case 8:
      message.commit = reader.index();
      break;
    case 9:
      message.snapshot = readSnapshot(reader.message());
      break;
    case 10:
      message.reject = reader.bool();
      break;
    case 11:
      message.rejectHint = reader.index();
      break;
    case 12:
      message.context = reader.bytes();
      break;
    case 13:
      message.vote = reader.memberId();
      break;
    default:
      reader.skip();
  }
}
