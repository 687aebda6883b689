import { assert, MemberId, RaftIndex, SeededRng, Term } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { anyBytes, edgeInt64, pick, randomBytes, randomLength } from '@etcd-ts/fuzzing';
import { ConfChange, ConfState, Entry, Message, Snapshot } from '../generated/raftpb/raft.pb.js';
import { decodeConfChange, encodeConfChange } from '../raftpb/conf-change-codec.js';
import { decodeEntry, encodeEntry } from '../raftpb/entry-codec.js';
import { MalformedMessageError } from '../raftpb/field-reader.js';
import { decodePeerMessage, encodePeerMessage } from '../raftpb/peer-message-codec.js';
import { decodeSnapshot, encodeSnapshot } from '../raftpb/snapshot-codec.js';
import { decodeConfState, encodeConfState } from '../raftpb/state-codec.js';
import type { AnyMessage } from './message-shape.js';

const CASES = 100;

interface Codec {
  readonly generated: AnyMessage;
  readonly encode: (value: never) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly valid: (rng: Rng) => Uint8Array;
}

/**
 * The codecs of raft's messages, written by hand because they are hot, beside the generated ones: what
 * they read of any bytes is what the generated read, or they say that the bytes are malformed. A case
 * is a message.
 */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  const codec = pick(rng, CODECS);
  const valid = [codec.valid(rng), codec.valid(rng)] as const;
  for (let count = 0; count < CASES; count++) {
    check(codec, anyBytes(rng, rng.below(6) === 0 ? codec.valid(rng) : valid[0], valid));
  }
  return CASES;
}

function check({ generated, encode, decode }: Codec, bytes: Buffer): void {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (error) {
    if (error instanceof MalformedMessageError) return;
    throw error;
  }
  const encoded = Buffer.from(encode(value as never));
  const what = (): string => bytes.toString('hex');
  const theirs = readByGenerated(generated, bytes);
  if (theirs === undefined) return;
  assert(theirs === normal(generated.decode(encoded)), () => `not read alike: ${what()}`);
  const again = Buffer.from(encode(decode(encoded) as never));
  assert(again.equals(encoded), () => `it changes when written again: ${what()}`);
}

/**
 * A member tells itself which answers wait for its disk; they never travel, and the hand-written codec
 * skips them, whatever is in them. Undefined: those are no messages.
 */
const RESPONSES = { name: 'responses', tag: 0x72 };

function readByGenerated(generated: AnyMessage, bytes: Buffer): string | undefined {
  try {
    return normal(generated.decode(bytes));
  } catch (error) {
    if (generated === Message && bytes.includes(RESPONSES.tag)) return undefined;
    throw error;
  }
}

/** As text, without what is zero or empty, so that absent and zero are one. */
function normal(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.length === 0 ? '' : `[${value.map(normal).join()}]`;
  if (typeof value !== 'object' || value === null) return value ? String(value) : '';
  const fields = Object.entries(value)
    .map(([name, field]) => [name, normal(field)] as const)
    .filter(([name, field]) => field !== '' && field !== '{}' && name !== RESPONSES.name);
  return `{${fields.map(([name, field]) => `${name}:${field}`).join()}}`;
}

const number = (rng: Rng): number => {
  const value = edgeInt64(rng);
  return Number(value < 0n ? -value : value) % Number.MAX_SAFE_INTEGER;
};
const id = (rng: Rng): MemberId => MemberId(BigInt.asUintN(64, edgeInt64(rng)));
const ids = (rng: Rng): MemberId[] => Array.from({ length: rng.below(4) }, () => id(rng));
const data = (rng: Rng): Buffer => randomBytes(rng, randomLength(rng, 60));

const entry = (rng: Rng) => ({
  type: pick(rng, ['normal', 'confChange', 'confChangeV2'] as const),
  term: Term(number(rng)),
  index: RaftIndex(number(rng)),
  data: data(rng),
});
const confState = (rng: Rng) => ({
  voters: ids(rng),
  learners: ids(rng),
  votersOutgoing: ids(rng),
  learnersNext: ids(rng),
  autoLeave: rng.below(2) === 0,
});
const snapshot = (rng: Rng) => ({
  data: data(rng),
  metadata: {
    confState: confState(rng),
    index: RaftIndex(number(rng)),
    term: Term(number(rng)),
  },
});
const message = (rng: Rng) => ({
  type: rng.below(24),
  to: id(rng),
  from: id(rng),
  term: Term(number(rng)),
  logTerm: Term(number(rng)),
  index: RaftIndex(number(rng)),
  entries: Array.from({ length: rng.below(4) }, () => entry(rng)),
  commit: RaftIndex(number(rng)),
  snapshot: rng.below(3) === 0 ? snapshot(rng) : undefined,
  reject: rng.below(2) === 0,
  rejectHint: RaftIndex(number(rng)),
  context: data(rng),
  vote: id(rng),
});
const confChange = (rng: Rng) => ({
  id: id(rng),
  type: pick(rng, ['addNode', 'removeNode', 'updateNode', 'addLearnerNode'] as const),
  nodeId: id(rng),
  context: data(rng),
});

const CODECS: readonly Codec[] = [
  {
    generated: Entry as AnyMessage,
    encode: encodeEntry,
    decode: decodeEntry,
    valid: (rng) => encodeEntry(entry(rng)),
  },
  {
    generated: ConfState as AnyMessage,
    encode: encodeConfState,
    decode: decodeConfState,
    valid: (rng) => encodeConfState(confState(rng)),
  },
  {
    generated: Snapshot as AnyMessage,
    encode: encodeSnapshot,
    decode: decodeSnapshot,
    valid: (rng) => encodeSnapshot(snapshot(rng)),
  },
  {
    generated: ConfChange as AnyMessage,
    encode: encodeConfChange,
    decode: decodeConfChange,
    valid: (rng) => encodeConfChange(confChange(rng)),
  },
  {
    generated: Message as AnyMessage,
    encode: encodePeerMessage,
    decode: decodePeerMessage,
    valid: (rng) => encodePeerMessage(message(rng)),
  },
];
