import { EMPTY_BYTES, MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import {
  decodeConfState,
  ENTRY_TYPES,
  FieldReader,
  MalformedMessageError,
} from '@etcd-ts/wire-protocol';
import type { ConfState, Entry, HardState, SnapshotRecord } from '../log-record.js';

/**
 * The content of the log's records. Unlike the readers of messages from peers, these refuse unknown
 * fields and values that raft never writes: the log's checksum does not cover a record's type, so a
 * flipped bit there hands an entry to the reader of hard states, and only this strictness notices.
 */
function refuse(reader: FieldReader): never {
  throw new MalformedMessageError(`unexpected field ${reader.field}`);
}

export const EMPTY_HARD_STATE: HardState = {
  term: Term(0),
  vote: MemberId(0n),
  commit: RaftIndex(0),
};

/** Copies the payload, so that the segment's buffer can go. */
export function decodeEntry(bytes: Uint8Array): Entry {
  const reader = new FieldReader(bytes);
  let type = 0;
  let term = Term(0);
  let index = RaftIndex(0);
  let data: Uint8Array = EMPTY_BYTES;
  while (reader.next()) {
    if (reader.field === 1) type = reader.number();
    else if (reader.field === 2) term = reader.term();
    else if (reader.field === 3) index = reader.index();
    else if (reader.field === 4) data = Buffer.from(reader.bytes());
    else refuse(reader);
  }
  if (term === 0 || index === 0) throw new MalformedMessageError('entry without term or index');
  return { type: ENTRY_TYPES.toName(type), term, index, data };
}

export function decodeHardState(bytes: Uint8Array): HardState {
  const reader = new FieldReader(bytes);
  let { term, vote, commit } = EMPTY_HARD_STATE;
  while (reader.next()) {
    if (reader.field === 1) term = reader.term();
    else if (reader.field === 2) vote = reader.memberId();
    else if (reader.field === 3) commit = reader.index();
    else refuse(reader);
  }
  if (term === 0) throw new MalformedMessageError('hard state without a term');
  return { term, vote, commit };
}

export function decodeSnapshotRecord(bytes: Uint8Array): SnapshotRecord {
  if (bytes.length === 0) throw new MalformedMessageError('empty snapshot record');
  const reader = new FieldReader(bytes);
  let index = RaftIndex(0);
  let term = Term(0);
  let confState: ConfState | undefined;
  while (reader.next()) {
    if (reader.field === 1) index = reader.index();
    else if (reader.field === 2) term = reader.term();
    else if (reader.field === 3) confState = decodeConfState(reader.bytes());
    else refuse(reader);
  }
  return confState === undefined ? { index, term } : { index, term, confState };
}
