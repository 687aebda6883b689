import { varintSize64 } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import { FieldReader } from './field-reader.js';
import type { FieldWriter } from './field-writer.js';
import { encodeSized } from './field-writer.js';
import type { RaftConfState } from './raft-types.js';

const memberLists = (state: RaftConfState): readonly (readonly MemberId[])[] => [
  state.voters,
  state.learners,
  state.votersOutgoing,
  state.learnersNext,
];

export function confStateSizeBytes(state: RaftConfState): number {
  let size = 2;
  for (const list of memberLists(state)) for (const id of list) size += 1 + varintSize64(id);
  return size;
}

export function writeConfState(writer: FieldWriter, state: RaftConfState): void {
  memberLists(state).forEach((list, position) => {
    for (const id of list) writer.uint64(position + 1, id);
  });
  writer.number(5, state.autoLeave ? 1 : 0);
}

/** Ids unpacked, auto_leave always: the bytes of etcd up to 3.6. */
export function encodeConfState(state: RaftConfState): Uint8Array {
  return encodeSized(confStateSizeBytes(state), (writer) => writeConfState(writer, state));
}

export function decodeConfState(bytes: Uint8Array): RaftConfState {
  return readConfState(new FieldReader(bytes));
}

export function readConfState(reader: FieldReader): RaftConfState {
  const voters: MemberId[] = [];
  const learners: MemberId[] = [];
  const votersOutgoing: MemberId[] = [];
  const learnersNext: MemberId[] = [];
  let autoLeave = false;
  while (reader.next()) {
    if (reader.field === 1) reader.uint64sInto(voters);
    else if (reader.field === 2) reader.uint64sInto(learners);
    else if (reader.field === 3) reader.uint64sInto(votersOutgoing);
    else if (reader.field === 4) reader.uint64sInto(learnersNext);
    else if (reader.field === 5) autoLeave = reader.bool();
    else reader.skip();
  }
  return { voters, learners, votersOutgoing, learnersNext, autoLeave };
}
