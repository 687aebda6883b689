import { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import fc from 'fast-check';
import { ConfChange, ConfState, Entry, Message, Snapshot } from '../generated/raftpb/raft.pb.js';
import { decodeConfChange, encodeConfChange } from './conf-change-codec.js';
import { decodeEntry, encodeEntry, entrySizeBytes } from './entry-codec.js';
import { CONF_CHANGE_TYPES, ENTRY_TYPES } from './enum-names.js';
import { MalformedMessageError } from './field-reader.js';
import { decodePeerMessage, encodePeerMessage } from './peer-message-codec.js';
import type {
  RaftConfChange,
  RaftConfState,
  RaftEntry,
  RaftPeerMessage,
  RaftSnapshot,
} from './raft-types.js';
import { decodeSnapshot, encodeSnapshot } from './snapshot-codec.js';
import { decodeConfState, encodeConfState } from './state-codec.js';

// Boundaries of one more varint byte are where sizes go wrong.
const counter = fc.oneof(
  fc.constantFrom(0, 1, 127, 128, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 49, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
);
const id = fc
  .oneof(
    fc.constantFrom(0n, 2n ** 49n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
    fc.bigInt(0n, 2n ** 64n - 1n),
  )
  .map(MemberId);
const term = counter.map(Term);
const index = counter.map(RaftIndex);
const bytes = fc.uint8Array({ maxLength: 300 });
const changeType = fc.constantFrom('addNode', 'removeNode', 'updateNode', 'addLearnerNode');
const ids = fc.array(id, { maxLength: 4 });

const entry: fc.Arbitrary<RaftEntry> = fc.record({
  type: fc.constantFrom('normal', 'confChange', 'confChangeV2'),
  term,
  index,
  data: bytes,
});
const confState: fc.Arbitrary<RaftConfState> = fc.record({
  voters: ids,
  learners: ids,
  votersOutgoing: ids,
  learnersNext: ids,
  autoLeave: fc.boolean(),
});
const snapshot: fc.Arbitrary<RaftSnapshot> = fc.record({
  data: bytes,
  metadata: fc.record({ confState, index, term }),
});
const confChange: fc.Arbitrary<RaftConfChange> = fc.record({
  id,
  type: changeType,
  nodeId: id,
  context: bytes,
});
const peerMessage: fc.Arbitrary<RaftPeerMessage> = fc.record({
  type: fc.nat(23),
  to: id,
  from: id,
  term,
  logTerm: term,
  index,
  entries: fc.array(entry, { maxLength: 4 }),
  commit: index,
  snapshot: fc.option(snapshot, { nil: undefined }),
  reject: fc.boolean(),
  rejectHint: index,
  context: bytes,
  vote: id,
});

/** Go's writers leave a nil slice out, and so must ours an empty one. */
const present = (value: Uint8Array): Buffer | undefined =>
  value.length === 0 ? undefined : Buffer.from(value);

const generatedEntry = (value: RaftEntry): Entry => ({
  Type: ENTRY_TYPES.toNumber(value.type) as NonNullable<Entry['Type']>,
  Term: BigInt(value.term),
  Index: BigInt(value.index),
  Data: present(value.data),
});
const generatedConfState = (value: RaftConfState): ConfState => ({
  voters: [...value.voters],
  learners: [...value.learners],
  votersOutgoing: [...value.votersOutgoing],
  learnersNext: [...value.learnersNext],
  autoLeave: value.autoLeave,
});
const generatedSnapshot = (value: RaftSnapshot): Snapshot => ({
  data: present(value.data),
  metadata: {
    confState: generatedConfState(value.metadata.confState),
    index: BigInt(value.metadata.index),
    term: BigInt(value.metadata.term),
  },
});
const generatedMessage = (value: RaftPeerMessage): Message => ({
  type: value.type as NonNullable<Message['type']>,
  to: value.to,
  from: value.from,
  term: BigInt(value.term),
  logTerm: BigInt(value.logTerm),
  index: BigInt(value.index),
  entries: value.entries.map(generatedEntry),
  commit: BigInt(value.commit),
  snapshot: value.snapshot && generatedSnapshot(value.snapshot),
  reject: value.reject,
  rejectHint: BigInt(value.rejectHint),
  context: present(value.context),
  vote: value.vote,
  responses: [],
});

interface Codec<Domain> {
  readonly name: string;
  readonly values: fc.Arbitrary<Domain>;
  encode(value: Domain): Uint8Array;
  decode(encoded: Uint8Array): Domain;
  /** The same value through the generated code, every scalar set. */
  generated(value: Domain): { finish(): Uint8Array };
}

/** One law over all codecs. */
function describeCodec<Domain>({ name, values, encode, decode, generated }: Codec<Domain>): void {
  describe(`the codec of ${name}`, () => {
    it('writes byte for byte what the generated code writes with every scalar set', () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(Buffer.from(encode(value))).toEqual(Buffer.from(generated(value).finish()));
        }),
      );
    });

    it('reads back what it wrote', () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(plain(decode(encode(value)))).toEqual(plain(value));
        }),
      );
    });

    it('skips fields it does not know, of every wire type', () => {
      const unknown = Buffer.from([
        ...[0xf8, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ...[0xf9, 0x01, 1, 2, 3, 4, 5, 6, 7, 8],
        ...[0xfa, 0x01, 2, 1, 2],
        ...[0xfd, 0x01, 1, 2, 3, 4],
      ]);
      fc.assert(
        fc.property(values, (value) => {
          const encoded = encode(value);
          expect(decode(Buffer.concat([unknown, encoded, unknown]))).toEqual(decode(encoded));
        }),
        { numRuns: 20 },
      );
    });

    it('says malformed, and nothing else, of any damaged bytes', () => {
      fc.assert(
        fc.property(values, fc.nat(), fc.nat(255), (value, position, byte) => {
          const damaged = Buffer.from(encode(value));
          damaged[position % damaged.length] = byte;
          for (const input of [damaged, damaged.subarray(0, position % damaged.length)]) {
            try {
              decode(input);
            } catch (error) {
              expect(error).toBeInstanceOf(MalformedMessageError);
            }
          }
        }),
      );
    });
  });
}

/** With views and Buffers alike, so that equality is about bytes. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

describeCodec({
  name: 'entries',
  values: entry,
  encode: encodeEntry,
  decode: decodeEntry,
  generated: (value) => Entry.encode(generatedEntry(value)),
});
describeCodec({
  name: 'configurations',
  values: confState,
  encode: encodeConfState,
  decode: decodeConfState,
  generated: (value) => ConfState.encode(generatedConfState(value)),
});
describeCodec({
  name: 'snapshots',
  values: snapshot,
  encode: encodeSnapshot,
  decode: decodeSnapshot,
  generated: (value) => Snapshot.encode(generatedSnapshot(value)),
});
describeCodec({
  name: 'configuration changes',
  values: confChange,
  encode: encodeConfChange,
  decode: decodeConfChange,
  generated: (value) =>
    ConfChange.encode({
      id: value.id,
      type: CONF_CHANGE_TYPES.toNumber(value.type) as NonNullable<ConfChange['type']>,
      nodeId: value.nodeId,
      context: present(value.context),
    }),
});
describeCodec({
  name: 'peer messages',
  values: peerMessage,
  encode: encodePeerMessage,
  decode: decodePeerMessage,
  generated: (value) => Message.encode(generatedMessage(value)),
});

describe('the decoders', () => {
  const nothing = new Uint8Array(0);

  it('take absent fields, as etcd 3.7 leaves them out, for zero', () => {
    expect(decodeEntry(nothing)).toEqual({ type: 'normal', term: 0, index: 0, data: nothing });
    expect(decodeConfChange(nothing)).toEqual({
      id: 0n,
      type: 'addNode',
      nodeId: 0n,
      context: nothing,
    });
    expect(decodeSnapshot(nothing).metadata.confState).toEqual(decodeConfState(nothing));
    expect(decodePeerMessage(nothing)).toMatchObject({ snapshot: undefined, entries: [] });
  });

  it('take ids packed as well as one by one', () => {
    expect(decodeConfState(Uint8Array.of(0x0a, 3, 1, 0x80, 1, 0x08, 7)).voters).toEqual([
      1n,
      128n,
      7n,
    ]);
  });

  it('refuse a field number of more than 29 bits, which others take for another one', () => {
    const number = Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x10, 1);
    expect(() => decodeEntry(number)).toThrow(
      new MalformedMessageError('field number out of range'),
    );
  });

  it('refuse an enum value they do not know rather than apply something else', () => {
    expect(() => decodeEntry(Uint8Array.of(0x08, 3))).toThrow(MalformedMessageError);
  });

  it('refuse an index that a number cannot hold', () => {
    const encoded = Entry.encode({ ...generatedEntry(decodeEntry(nothing)), Index: 2n ** 53n });
    expect(() => decodeEntry(encoded.finish())).toThrow('out of range');
  });
});

describe('an entry', () => {
  it('has the bytes of the original: zeros written, empty data not', () => {
    const empty: RaftEntry = {
      type: 'normal',
      term: Term(2),
      index: RaftIndex(300),
      data: new Uint8Array(0),
    };
    expect(Buffer.from(encodeEntry(empty)).toString('hex')).toBe('0800100218ac02');
    expect(entrySizeBytes(empty)).toBe(7);
  });
});
