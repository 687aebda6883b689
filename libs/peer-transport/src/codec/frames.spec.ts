import { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import type { AppendEntries } from '@etcd-ts/raft';
import type { RaftPeerMessage } from '@etcd-ts/wire-protocol';
import { MalformedMessageError } from '@etcd-ts/wire-protocol';
import fc from 'fast-check';
import { anyMessage, appendEntries, entriesAfter, pieces } from '../testing/arbitrary-messages.js';
import type { StreamKind } from './frame-codec.js';
import { createDecoder, createEncoder } from './frame-codec.js';
import { toPeerMessage } from './message-mapping.js';

const LEADER = MemberId(0xan);
const FOLLOWER = MemberId(0xbn);

function decodeAll(kind: StreamKind, chunks: readonly Uint8Array[]): RaftPeerMessage[] {
  const decoder = createDecoder(kind, FOLLOWER, LEADER);
  const messages: RaftPeerMessage[] = [];
  for (const chunk of chunks) decoder.decode(chunk, (message) => messages.push(message));
  return messages;
}

const entry = (index: number, data: string, term = 5) => ({
  type: 'normal' as const,
  term: Term(term),
  index: RaftIndex(index),
  data: Buffer.from(data),
});

const append = (previous: number, ...data: string[]): AppendEntries => ({
  type: 'appendEntries',
  from: LEADER,
  to: FOLLOWER,
  term: Term(5),
  previousIndex: RaftIndex(previous),
  previousTerm: Term(5),
  entries: data.map((text, i) => entry(previous + 1 + i, text)),
  commit: RaftIndex(previous),
});

const hex = (spaced: string): Buffer => Buffer.from(spaced.replace(/\s/g, ''), 'hex');

const LENGTH_OF = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};

/** A leader's stream: mostly continuations, now and then something else. */
const appendStream = fc
  .array(fc.tuple(appendEntries, fc.boolean()), { maxLength: 12 })
  .chain((raw) => {
    let messages = fc.constant<AppendEntries[]>([]);
    for (const [candidate, continues] of raw) {
      messages = messages.chain((sofar) => {
        const last = sofar[sofar.length - 1];
        if (last === undefined || !continues) return fc.constant([...sofar, candidate]);
        const previousIndex = last.entries[last.entries.length - 1]?.index ?? last.previousIndex;
        const { from, to, term } = last;
        return entriesAfter(previousIndex).map((entries) => [
          ...sofar,
          { ...candidate, from, to, term, previousTerm: term, previousIndex, entries },
        ]);
      });
    }
    return messages;
  })
  // One connection joins two members: only whole messages name them.
  .map((messages) =>
    messages.map((message) => toPeerMessage({ ...message, from: LEADER, to: FOLLOWER })),
  );

const cuts = fc.array(fc.nat(), { maxLength: 40 });

describe('the append stream (msgappv2)', () => {
  it('says everything once, then only what the other end cannot know', () => {
    const encoder = createEncoder('msgapp');
    expect(encoder.encode(toPeerMessage(append(6, 'a')))).toEqual(
      hex(`02 000000000000001f
           0803 100b 180a 2005 2805 3006
           3a09 0800 1005 1807 220161
           4006 5000 5800 6800`),
    );
    expect(encoder.encode(toPeerMessage(append(7, 'b', '')))).toEqual(
      hex(`01 0000000000000002
           0000000000000009 0800 1005 1808 220162
           0000000000000006 0800 1005 1809
           0000000000000007`),
    );
    expect(encoder.heartbeat()).toEqual(hex('00'));
    expect(encoder.encode(toPeerMessage(append(9)))).toEqual(
      hex('01 0000000000000000 0000000000000009'),
    );
  });

  it('says everything again after a step back, and in a new term', () => {
    const encoder = createEncoder('msgapp');
    const kinds = [
      append(6, 'a'),
      append(7, 'b'),
      append(7, 'b'),
      { ...append(8, 'c'), previousTerm: Term(4) },
      { ...append(9, 'd'), term: Term(6), previousTerm: Term(5) },
      { ...append(10, 'e'), term: Term(6), previousTerm: Term(6) },
    ].map((message) => encoder.encode(toPeerMessage(message))[0]);
    expect(kinds).toEqual([2, 1, 2, 2, 2, 1]);
  });

  it('is read as it was written however its bytes are cut', () => {
    fc.assert(
      fc.property(appendStream, cuts, (messages, places) => {
        const encoder = createEncoder('msgapp');
        const bytes = Buffer.concat(
          messages.flatMap((message) => [encoder.encode(message), encoder.heartbeat()]),
        );
        expect(decodeAll('msgapp', pieces(bytes, places))).toEqual(messages);
      }),
      { numRuns: 300 },
    );
  });

  it('is not read on at a frame of unknown type, but up to there', () => {
    const good = createEncoder('msgapp').encode(toPeerMessage(append(6, 'a')));
    const decoder = createDecoder('msgapp', FOLLOWER, LEADER);
    const taken: RaftPeerMessage[] = [];
    const damaged = Buffer.concat([good, hex('03')]);
    expect(() => decoder.decode(damaged, (message) => taken.push(message))).toThrow(
      new MalformedMessageError('failed to parse type 3 in msgappv2 stream'),
    );
    expect(taken).toHaveLength(1);
  });

  it.each([
    ['of a message', hex('02'), 2n ** 29n],
    ['of an entry', hex('01 0000000000000001'), 2n ** 29n],
    ['of a list of entries', hex('01'), 2n ** 20n],
  ])('refuses a length %s beyond the limit before it comes', (_, prefix, limit) => {
    for (const length of [limit + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(() => decodeAll('msgapp', [prefix, LENGTH_OF(length)])).toThrow(
        'rafthttp: error limit exceeded',
      );
    }
  });

  it('refuses entries that together are larger than a message may be', () => {
    const body = Buffer.concat([hex('2280808004'), Buffer.alloc(2 ** 23)]);
    const one = [LENGTH_OF(BigInt(body.length)), body];
    const chunks = [hex('01 00000000000000ff'), ...Array.from({ length: 64 }, () => one).flat()];
    expect(() => decodeAll('msgapp', chunks)).toThrow('rafthttp: error limit exceeded');
    expect(() => decodeAll('msgapp', chunks.slice(0, -2))).not.toThrow();
  });

  it('survives any bytes: it reads on, waits or refuses', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 1, 2), (noise, type) => {
        const bytes = Buffer.concat([Buffer.from([type]), Buffer.alloc(6), noise]);
        try {
          decodeAll('msgapp', [bytes]);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the message stream', () => {
  it('is a length before each message; its heartbeat is one from nobody to nobody', () => {
    const encoder = createEncoder('message');
    expect(encoder.heartbeat()).toEqual(
      hex(`0000000000000014
           0808 1000 1800 2000 2800 3000 4000 5000 5800 6800`),
    );
    const message = toPeerMessage({
      type: 'heartbeat',
      from: LEADER,
      to: FOLLOWER,
      term: Term(5),
      commit: RaftIndex(3),
      context: Buffer.from('r'),
    });
    expect(encoder.encode(message)).toEqual(
      hex(
        `0000000000000017
           0808 100b 180a 2005 2800 3000 4003 5000 5800 620172 6800`,
      ),
    );
  });

  it('is read as it was written however its bytes are cut, without the heartbeats', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 10 }), cuts, (messages, places) => {
        const encoder = createEncoder('message');
        const wire = messages.map(toPeerMessage);
        const bytes = Buffer.concat(
          wire.flatMap((message) => [encoder.heartbeat(), encoder.encode(message)]),
        );
        expect(decodeAll('message', pieces(bytes, places))).toEqual(wire);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a length beyond 512 MiB before it comes', () => {
    expect(decodeAll('message', [LENGTH_OF(2n ** 29n)])).toEqual([]);
    expect(() => decodeAll('message', [LENGTH_OF(2n ** 29n + 1n)])).toThrow(
      'rafthttp: error limit exceeded',
    );
  });

  it('refuses a message that is none', () => {
    expect(() => decodeAll('message', [LENGTH_OF(2n), hex('ffff')])).toThrow(MalformedMessageError);
  });
});
