import { EMPTY_BYTES, NO_MEMBER, RaftIndex, Term, unreachable } from '@etcd-ts/foundation';
import type { Message, MessageType } from '@etcd-ts/raft';
import type { RaftEntry, RaftPeerMessage } from '@etcd-ts/wire-protocol';

/** Numbers of raftpb.MessageType for what members say to each other. */
const WIRE_TYPES = {
  propose: 2,
  appendEntries: 3,
  appendEntriesResponse: 4,
  requestVote: 5,
  requestVoteResponse: 6,
  installSnapshot: 7,
  heartbeat: 8,
  heartbeatResponse: 9,
  transferLeader: 13,
  timeoutNow: 14,
  readIndex: 15,
  readIndexResponse: 16,
  requestPreVote: 17,
  requestPreVoteResponse: 18,
} as const satisfies Record<MessageType, number>;

/** As etcd's log lines call them. */
const WIRE_NAMES = {
  propose: 'MsgProp',
  appendEntries: 'MsgApp',
  appendEntriesResponse: 'MsgAppResp',
  requestVote: 'MsgVote',
  requestVoteResponse: 'MsgVoteResp',
  installSnapshot: 'MsgSnap',
  heartbeat: 'MsgHeartbeat',
  heartbeatResponse: 'MsgHeartbeatResp',
  transferLeader: 'MsgTransferLeader',
  timeoutNow: 'MsgTimeoutNow',
  readIndex: 'MsgReadIndex',
  readIndexResponse: 'MsgReadIndexResp',
  requestPreVote: 'MsgPreVote',
  requestPreVoteResponse: 'MsgPreVoteResp',
} as const satisfies Record<MessageType, string>;

const TYPES_BY_NUMBER: ReadonlyMap<number, MessageType> = new Map(
  (Object.keys(WIRE_TYPES) as MessageType[]).map((type) => [WIRE_TYPES[type], type]),
);

export const SNAPSHOT_WIRE_TYPE = WIRE_TYPES.installSnapshot;

export function messageTypeName(type: MessageType): string {
  return WIRE_NAMES[type];
}

/** What tells a voter that the leader itself wants this election. */
const CAMPAIGN_TRANSFER: Uint8Array = Buffer.from('CampaignTransfer', 'latin1');

const NO_INDEX = RaftIndex(0);
const NO_TERM = Term(0);

const UNUSED_FIELDS = {
  logTerm: NO_TERM,
  index: NO_INDEX,
  entries: [],
  commit: NO_INDEX,
  snapshot: undefined,
  reject: false,
  rejectHint: NO_INDEX,
  context: EMPTY_BYTES,
  vote: NO_MEMBER,
} as const;

/** An entry that has no place in the log yet, as forwarded proposals and reads carry their bytes. */
function unplaced(data: Uint8Array, type: RaftEntry['type'] = 'normal'): RaftEntry {
  return { type, term: NO_TERM, index: NO_INDEX, data };
}

/** The fields each kind of message uses, as etcd's raft fills them. Bytes are shared, not copied. */
export function toPeerMessage(message: Message): RaftPeerMessage {
  const { from, to, term } = message;
  return {
    ...UNUSED_FIELDS,
    type: WIRE_TYPES[message.type],
    to,
    from,
    term,
    ...usedFields(message),
  };
}

function usedFields(message: Message): Partial<RaftPeerMessage> {
  switch (message.type) {
    case 'appendEntries':
      return {
        logTerm: message.previousTerm,
        index: message.previousIndex,
        entries: message.entries,
        commit: message.commit,
      };
    case 'appendEntriesResponse':
      return {
        index: message.index,
        reject: message.reject,
        rejectHint: message.rejectHint,
        logTerm: message.hintTerm,
      };
    case 'requestVote':
    case 'requestPreVote':
      return {
        index: message.lastIndex,
        logTerm: message.lastTerm,
        context: message.leadershipTransfer ? CAMPAIGN_TRANSFER : EMPTY_BYTES,
      };
    case 'requestVoteResponse':
    case 'requestPreVoteResponse':
      return { reject: message.reject };
    case 'installSnapshot':
      return { snapshot: message.snapshot };
    case 'heartbeat':
      return { commit: message.commit, context: message.context };
    case 'heartbeatResponse':
      return { context: message.context };
    case 'transferLeader':
    case 'timeoutNow':
      return {};
    case 'propose':
      return { entries: message.entries.map(({ type, data }) => unplaced(data, type)) };
    case 'readIndex':
      return { entries: [unplaced(message.context)] };
    case 'readIndexResponse':
      return { index: message.index, entries: [unplaced(message.context)] };
    default:
      return unreachable(message);
  }
}

/**
 * The message with its meaning, or undefined for what no member may say to another: types that a
 * raft tells itself (time, reports), types unknown here, and messages whose parts contradict each
 * other. Bytes are shared with `wire`.
 */
export function fromPeerMessage(wire: RaftPeerMessage): Message | undefined {
  const type = TYPES_BY_NUMBER.get(wire.type);
  if (type === undefined) return undefined;
  const envelope = { from: wire.from, to: wire.to, term: wire.term };
  switch (type) {
    case 'appendEntries':
      return readAppend(wire);
    case 'appendEntriesResponse': {
      const { index, reject, rejectHint, logTerm } = wire;
      return { ...envelope, type, index, reject, rejectHint, hintTerm: logTerm };
    }
    case 'requestVote':
    case 'requestPreVote': {
      const leadershipTransfer = Buffer.compare(wire.context, CAMPAIGN_TRANSFER) === 0;
      const { index, logTerm } = wire;
      return { ...envelope, type, lastIndex: index, lastTerm: logTerm, leadershipTransfer };
    }
    case 'requestVoteResponse':
    case 'requestPreVoteResponse':
      return { ...envelope, type, reject: wire.reject };
    case 'installSnapshot':
      return wire.snapshot && { ...envelope, type, snapshot: wire.snapshot };
    case 'heartbeat':
      return { ...envelope, type, commit: wire.commit, context: wire.context };
    case 'heartbeatResponse':
      return { ...envelope, type, context: wire.context };
    case 'transferLeader':
    case 'timeoutNow':
      return { ...envelope, type };
    case 'propose':
      return { ...envelope, type, entries: wire.entries.map(({ type, data }) => ({ type, data })) };
    case 'readIndex': {
      const context = onlyEntryData(wire);
      return context && { ...envelope, type, context };
    }
    case 'readIndexResponse': {
      const context = onlyEntryData(wire);
      return context && { ...envelope, type, index: wire.index, context };
    }
    default:
      return unreachable(type);
  }
}

function readAppend(wire: RaftPeerMessage): Message | undefined {
  const { from, to, term, index, logTerm, entries, commit } = wire;
  // Raft takes for granted that entries follow on what they claim to follow on: a gap that came
  // this far would be written to the log as if it were none.
  if (!entries.every((entry, i) => entry.index === index + 1 + i)) return undefined;
  return {
    type: 'appendEntries',
    from,
    to,
    term,
    previousIndex: index,
    previousTerm: logTerm,
    entries,
    commit,
  };
}

function onlyEntryData({ entries }: RaftPeerMessage): Uint8Array | undefined {
  return entries.length === 1 ? entries[0]?.data : undefined;
}
