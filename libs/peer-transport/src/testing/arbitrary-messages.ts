import { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import type { AppendEntries, Entry, Message } from '@etcd-ts/raft';
import fc from 'fast-check';

const MAX = Number.MAX_SAFE_INTEGER;

const memberId = fc.bigInt(1n, 2n ** 64n - 1n).map(MemberId);
const term = fc.oneof(fc.nat(300), fc.nat({ max: MAX })).map(Term);
const index = fc.oneof(fc.nat(300), fc.nat({ max: MAX - 100 })).map(RaftIndex);
const bytes = fc.uint8Array({ maxLength: 300 }).map((plain) => Buffer.from(plain));
const entryType = fc.constantFrom('normal', 'confChange', 'confChangeV2');
const envelope = { from: memberId, to: memberId, term };
const memberIds = fc.array(memberId, { maxLength: 4 });

const confState = fc.record({
  voters: memberIds,
  learners: memberIds,
  votersOutgoing: memberIds,
  learnersNext: memberIds,
  autoLeave: fc.boolean(),
});

const snapshot = fc.record({ data: bytes, metadata: fc.record({ confState, index, term }) });

export function entriesAfter(previous: number): fc.Arbitrary<Entry[]> {
  return fc
    .array(fc.record({ type: entryType, term, data: bytes }), { maxLength: 6 })
    .map((list) => list.map((entry, i) => ({ ...entry, index: RaftIndex(previous + 1 + i) })));
}

export const appendEntries: fc.Arbitrary<AppendEntries> = index.chain((previousIndex) =>
  fc.record({
    ...envelope,
    type: fc.constant('appendEntries' as const),
    previousIndex: fc.constant(previousIndex),
    previousTerm: term,
    entries: entriesAfter(previousIndex),
    commit: index,
  }),
);

/** Every kind of message, so that a new one is missing here at compile time. */
const KINDS: { [Type in Message['type']]: fc.Arbitrary<Message> } = {
  appendEntries,
  appendEntriesResponse: fc.record({
    ...envelope,
    type: fc.constant('appendEntriesResponse' as const),
    index,
    reject: fc.boolean(),
    rejectHint: index,
    hintTerm: term,
  }),
  requestVote: vote('requestVote'),
  requestPreVote: vote('requestPreVote'),
  requestVoteResponse: fc.record({
    ...envelope,
    type: fc.constant('requestVoteResponse' as const),
    reject: fc.boolean(),
  }),
  requestPreVoteResponse: fc.record({
    ...envelope,
    type: fc.constant('requestPreVoteResponse' as const),
    reject: fc.boolean(),
  }),
  installSnapshot: fc.record({
    ...envelope,
    type: fc.constant('installSnapshot' as const),
    snapshot,
  }),
  heartbeat: fc.record({
    ...envelope,
    type: fc.constant('heartbeat' as const),
    commit: index,
    context: bytes,
  }),
  heartbeatResponse: fc.record({
    ...envelope,
    type: fc.constant('heartbeatResponse' as const),
    context: bytes,
  }),
  transferLeader: fc.record({ ...envelope, type: fc.constant('transferLeader' as const) }),
  timeoutNow: fc.record({ ...envelope, type: fc.constant('timeoutNow' as const) }),
  propose: fc.record({
    ...envelope,
    type: fc.constant('propose' as const),
    entries: fc.array(fc.record({ type: entryType, data: bytes }), { maxLength: 5 }),
  }),
  readIndex: fc.record({ ...envelope, type: fc.constant('readIndex' as const), context: bytes }),
  readIndexResponse: fc.record({
    ...envelope,
    type: fc.constant('readIndexResponse' as const),
    index,
    context: bytes,
  }),
};

function vote(type: 'requestVote' | 'requestPreVote'): fc.Arbitrary<Message> {
  return fc.record({
    ...envelope,
    type: fc.constant(type),
    lastIndex: index,
    lastTerm: term,
    leadershipTransfer: fc.boolean(),
  });
}

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...Object.values(KINDS));

/** The same bytes cut at random places, empty pieces among them. */
export function pieces(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length];
  places.sort((a, b) => a - b);
  return places.slice(1).map((end, i) => whole.subarray(places[i], end));
}
