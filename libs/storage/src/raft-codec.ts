import { EMPTY_BYTES, MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import type {
  ConfState,
  Entry,
  EntryType,
  HardState,
  Snapshot,
  SnapshotRecord,
} from './log-record.js';
import { FieldReader, MalformedMessageError, pushVarint } from './proto-fields.js';

/**
 * raftpb and walpb.Snapshot as etcd's gogo writers put them on disk: proto2 with every scalar
 * written, zeros too, in field order. The hot writer of entries and hard states is in
 * wal/record-encoder.ts; here are the readers and the rare messages.
 *
 * The readers of WAL records refuse unknown fields and values raft never writes: the log's
 * checksum does not cover a record's type, so a flipped bit there hands an entry to the reader of
 * hard states, and only this strictness notices.
 */
const ENTRY_TYPES: readonly EntryType[] = ['normal', 'confChange', 'confChangeV2'];

export const NO_CONF_STATE: ConfState = {
  voters: [],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

export const EMPTY_HARD_STATE: HardState = {
  term: Term(0),
  vote: MemberId(0n),
  commit: RaftIndex(0),
};

export function entryTypeNumber(type: EntryType): number {
  return ENTRY_TYPES.indexOf(type);
}

/** Copies the payload, so that the segment's buffer can go. */
export function decodeEntry(bytes: Buffer): Entry {
  const reader = new FieldReader(bytes);
  let type = 0;
  let term = 0;
  let index = 0;
  let data: Uint8Array = EMPTY_BYTES;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x08) type = reader.number();
    else if (tag === 0x10) term = reader.number();
    else if (tag === 0x18) index = reader.number();
    else if (tag === 0x22) data = Buffer.from(reader.bytes());
    else throw new MalformedMessageError(`unexpected field ${tag >> 3}`);
  }
  const name = ENTRY_TYPES[type];
  if (name === undefined) throw new MalformedMessageError(`entry type ${type}`);
  if (term === 0 || index === 0) throw new MalformedMessageError('entry without term or index');
  return { type: name, term: Term(term), index: RaftIndex(index), data };
}

export function decodeHardState(bytes: Buffer): HardState {
  const reader = new FieldReader(bytes);
  let term = 0;
  let vote = 0n;
  let commit = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x08) term = reader.number();
    else if (tag === 0x10) vote = reader.bigint();
    else if (tag === 0x18) commit = reader.number();
    else throw new MalformedMessageError(`unexpected field ${tag >> 3}`);
  }
  if (term === 0) throw new MalformedMessageError('hard state without a term');
  return { term: Term(term), vote: MemberId(vote), commit: RaftIndex(commit) };
}

function pushIds(out: number[], tag: number, ids: readonly MemberId[]): void {
  for (const id of ids) {
    out.push(tag);
    pushVarint(out, id);
  }
}

function encodeConfState(state: ConfState): number[] {
  const out: number[] = [];
  pushIds(out, 0x08, state.voters);
  pushIds(out, 0x10, state.learners);
  pushIds(out, 0x18, state.votersOutgoing);
  pushIds(out, 0x20, state.learnersNext);
  out.push(0x28, state.autoLeave ? 1 : 0);
  return out;
}

/** One id, or a packed run of them: proto2 writers use the first, readers must take both. */
function readIds(reader: FieldReader, tag: number, into: MemberId[]): void {
  if ((tag & 7) === 0) {
    into.push(MemberId(reader.bigint()));
    return;
  }
  const packed = reader.bytes();
  const inner = new FieldReader(packed);
  while (inner.position < packed.length) into.push(MemberId(inner.bigint()));
}

function decodeConfState(bytes: Buffer): ConfState {
  const reader = new FieldReader(bytes);
  const ids: [MemberId[], MemberId[], MemberId[], MemberId[]] = [[], [], [], []];
  let autoLeave = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    const list = ids[(tag >> 3) - 1];
    if (list !== undefined && ((tag & 7) === 0 || (tag & 7) === 2)) readIds(reader, tag, list);
    else if (tag === 0x28) autoLeave = reader.number() !== 0;
    else reader.skip(tag);
  }
  const [voters, learners, votersOutgoing, learnersNext] = ids;
  return { voters, learners, votersOutgoing, learnersNext, autoLeave };
}

function pushMessage(out: number[], tag: number, message: number[]): void {
  out.push(tag);
  pushVarint(out, message.length);
  for (const byte of message) out.push(byte);
}

export function encodeSnapshotRecord(record: SnapshotRecord): Uint8Array {
  const out = [0x08];
  pushVarint(out, record.index);
  out.push(0x10);
  pushVarint(out, record.term);
  if (record.confState !== undefined) pushMessage(out, 0x1a, encodeConfState(record.confState));
  return Uint8Array.from(out);
}

export function decodeSnapshotRecord(bytes: Buffer): SnapshotRecord {
  if (bytes.length === 0) throw new MalformedMessageError('empty snapshot record');
  const reader = new FieldReader(bytes);
  let index = 0;
  let term = 0;
  let confState: ConfState | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x08) index = reader.number();
    else if (tag === 0x10) term = reader.number();
    else if (tag === 0x1a) confState = decodeConfState(reader.bytes());
    else throw new MalformedMessageError(`unexpected field ${tag >> 3}`);
  }
  const position = { index: RaftIndex(index), term: Term(term) };
  return confState === undefined ? position : { ...position, confState };
}

export function encodeSnapshot(snapshot: Snapshot): Buffer {
  const head = [0x0a];
  pushVarint(head, snapshot.data.length);
  const metadata: number[] = [];
  pushMessage(metadata, 0x0a, encodeConfState(snapshot.metadata.confState));
  metadata.push(0x10);
  pushVarint(metadata, snapshot.metadata.index);
  metadata.push(0x18);
  pushVarint(metadata, snapshot.metadata.term);
  const tail: number[] = [];
  pushMessage(tail, 0x12, metadata);
  // gogo leaves an empty data field out.
  const data = snapshot.data.length === 0 ? [] : [Uint8Array.from(head), snapshot.data];
  return Buffer.concat([...data, Uint8Array.from(tail)]);
}

function decodeSnapshotMetadata(bytes: Buffer): Snapshot['metadata'] {
  const reader = new FieldReader(bytes);
  let confState = NO_CONF_STATE;
  let index = 0;
  let term = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) confState = decodeConfState(reader.bytes());
    else if (tag === 0x10) index = reader.number();
    else if (tag === 0x18) term = reader.number();
    else reader.skip(tag);
  }
  return { confState, index: RaftIndex(index), term: Term(term) };
}

/** `data` is a view of `bytes`. */
export function decodeSnapshot(bytes: Buffer): Snapshot {
  const reader = new FieldReader(bytes);
  let data: Uint8Array = EMPTY_BYTES;
  let metadata: Snapshot['metadata'] = {
    confState: NO_CONF_STATE,
    index: RaftIndex(0),
    term: Term(0),
  };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) data = reader.bytes();
    else if (tag === 0x12) metadata = decodeSnapshotMetadata(reader.bytes());
    else reader.skip(tag);
  }
  return { data, metadata };
}
