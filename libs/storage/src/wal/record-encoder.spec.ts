import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { crc32c, MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import fc from 'fast-check';
import type { Entry, EntryType, HardState } from '../log-record.js';
import { readFrame } from './frame.js';
import { decodeEntry, decodeHardState, decodeSnapshotRecord } from './record-decoder.js';
import { RecordEncoder } from './record-encoder.js';

const counters = fc.oneof(fc.nat(300), fc.maxSafeNat());
const entries: fc.Arbitrary<Entry> = fc.record({
  type: fc.constantFrom<EntryType>('normal', 'confChange', 'confChangeV2'),
  term: counters.map((value) => Term(Math.max(1, value))),
  index: counters.map((value) => RaftIndex(Math.max(1, value))),
  data: fc.uint8Array({ maxLength: 600 }),
});
const hardStates: fc.Arbitrary<HardState> = fc.record({
  term: counters.map((value) => Term(Math.max(1, value))),
  vote: fc.bigInt(0n, 2n ** 64n - 1n).map(MemberId),
  commit: counters.map(RaftIndex),
});

function plainEntry({ type, term, index, data }: Entry): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, 0).int32(['normal', 'confChange', 'confChangeV2'].indexOf(type));
  writer.tag(2, 0).uint64(BigInt(term)).tag(3, 0).uint64(BigInt(index));
  if (data.length > 0) writer.tag(4, 2).bytes(data);
  return writer.finish();
}

function plainHardState({ term, vote, commit }: HardState): Uint8Array {
  const writer = new BinaryWriter().tag(1, 0).uint64(BigInt(term));
  return writer.tag(2, 0).uint64(vote).tag(3, 0).uint64(BigInt(commit)).finish();
}

function plainRecord(
  type: number,
  data: Uint8Array,
  chain: number,
): { crc: number; frame: Buffer } {
  const crc = crc32c(data, chain);
  const writer = new BinaryWriter().tag(1, 0).int64(type).tag(2, 0).uint32(crc);
  if (data.length > 0) writer.tag(3, 2).bytes(data);
  const record = writer.finish();
  const padding = (8 - (record.length % 8)) % 8;
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(
    BigInt(record.length) | (padding === 0 ? 0n : (0x80n | BigInt(padding)) << 56n),
  );
  return { crc, frame: Buffer.concat([length, record, Buffer.alloc(padding)]) };
}

describe('the record encoder', () => {
  it('writes exactly what a plain protobuf writer writes', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(entries, hardStates)), fc.nat(0xffffffff), (items, chain) => {
        const encoder = new RecordEncoder(chain, false);
        const expected: Buffer[] = [];
        let crc = chain;
        for (const item of items) {
          const isEntry = 'data' in item;
          if (isEntry) encoder.entry(item);
          else encoder.hardState(item);
          const data = isEntry ? plainEntry(item) : plainHardState(item);
          const plain = plainRecord(isEntry ? 2 : 3, data, crc);
          crc = plain.crc;
          expected.push(plain.frame);
        }
        expect(encoder.take().bytes.equals(Buffer.concat(expected))).toBe(true);
        expect(encoder.crc).toBe(crc);
      }),
    );
  });

  it('writes entries and hard states that read back equal', () => {
    fc.assert(
      fc.property(entries, hardStates, (entry, state) => {
        const encoder = new RecordEncoder(0, true);
        encoder.entry(entry);
        encoder.hardState(state);
        const { bytes } = encoder.take();
        const first = readFrame(bytes, 0);
        if (first.kind !== 'frame') throw new Error(first.kind);
        expect({ ...decodeEntry(first.data), data: [] }).toEqual({ ...entry, data: [] });
        expect(Buffer.from(decodeEntry(first.data).data)).toEqual(Buffer.from(entry.data));
        const second = readFrame(bytes, first.end);
        if (second.kind !== 'frame') throw new Error(second.kind);
        expect(decodeHardState(second.data)).toEqual(state);
        expect([first.barrier, second.barrier]).toEqual([true, false]);
      }),
    );
  });

  it('keeps gathering correctly when a batch outgrows the buffer and memory is recycled', () => {
    const encoder = new RecordEncoder(0, false);
    for (let round = 0; round < 4; round++) {
      const big = Buffer.alloc(200_000, round);
      encoder.entry({ type: 'normal', term: Term(1), index: RaftIndex(round + 1), data: big });
      const batch = encoder.take();
      const frame = readFrame(batch.bytes, 0);
      if (frame.kind !== 'frame') throw new Error(frame.kind);
      expect(big.equals(decodeEntry(frame.data).data)).toBe(true);
      encoder.recycle(batch);
    }
  });

  it('reads snapshot records with and without a configuration', () => {
    const encoder = new RecordEncoder(0, false);
    const voters = [MemberId(1n), MemberId(2n ** 64n - 1n)];
    const position = { index: RaftIndex(7), term: Term(3) };
    const confState = {
      voters,
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
    encoder.snapshot(position);
    encoder.snapshot({ ...position, confState });
    const { bytes } = encoder.take();
    const first = readFrame(bytes, 0);
    if (first.kind !== 'frame') throw new Error(first.kind);
    const second = readFrame(bytes, first.end);
    if (second.kind !== 'frame') throw new Error(second.kind);
    expect(decodeSnapshotRecord(first.data)).toEqual(position);
    expect(decodeSnapshotRecord(second.data)).toEqual({ ...position, confState });
  });
});
