import { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import type { RaftPeerMessage } from '@etcd-ts/wire-protocol';
import { decodePeerMessage, encodePeerMessage } from '@etcd-ts/wire-protocol';
import fc from 'fast-check';
import { anyMessage } from '../testing/arbitrary-messages.js';
import { fromPeerMessage, messageTypeName, toPeerMessage } from './message-mapping.js';

const A = MemberId(0xan);
const B = MemberId(0xbn);

const wire = (fields: Partial<RaftPeerMessage>): RaftPeerMessage => ({
  type: 3,
  to: B,
  from: A,
  term: Term(5),
  logTerm: Term(0),
  index: RaftIndex(0),
  entries: [],
  commit: RaftIndex(0),
  snapshot: undefined,
  reject: false,
  rejectHint: RaftIndex(0),
  context: Buffer.alloc(0),
  vote: MemberId(0n),
  ...fields,
});

describe('a message between members', () => {
  it('comes back from the wire as it was', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const bytes = encodePeerMessage(toPeerMessage(message));
        expect(fromPeerMessage(decodePeerMessage(bytes))).toEqual(message);
      }),
      { numRuns: 500 },
    );
  });

  it('asks for a vote with the last entry as index and logTerm, and says if the leader wants it', () => {
    const vote = {
      type: 'requestVote',
      from: A,
      to: B,
      term: Term(5),
      lastIndex: RaftIndex(7),
      lastTerm: Term(4),
    } as const;
    expect(toPeerMessage({ ...vote, leadershipTransfer: false })).toEqual(
      wire({ type: 5, index: RaftIndex(7), logTerm: Term(4) }),
    );
    const { context } = toPeerMessage({ ...vote, leadershipTransfer: true });
    expect(Buffer.from(context).toString()).toBe('CampaignTransfer');
  });

  it('refuses an append with the hint in rejectHint and logTerm', () => {
    const refusal = {
      type: 'appendEntriesResponse',
      from: A,
      to: B,
      term: Term(5),
      index: RaftIndex(9),
      reject: true,
      rejectHint: RaftIndex(3),
      hintTerm: Term(2),
    } as const;
    expect(toPeerMessage(refusal)).toEqual(
      wire({
        type: 4,
        index: RaftIndex(9),
        reject: true,
        rejectHint: RaftIndex(3),
        logTerm: Term(2),
      }),
    );
  });

  it('carries proposals and read contexts as entries that have no place yet', () => {
    const data = Buffer.from('x');
    const entry = { type: 'normal', term: Term(0), index: RaftIndex(0), data } as const;
    const proposal = { type: 'propose', from: A, to: B, term: Term(0) } as const;
    expect(toPeerMessage({ ...proposal, entries: [{ type: 'normal', data }] })).toEqual(
      wire({ type: 2, term: Term(0), entries: [entry] }),
    );
    const read = { type: 'readIndex', from: A, to: B, term: Term(0), context: data } as const;
    expect(toPeerMessage(read)).toEqual(wire({ type: 15, term: Term(0), entries: [entry] }));
  });

  it('has the names of etcd in log lines', () => {
    expect(messageTypeName('appendEntries')).toBe('MsgApp');
    expect(messageTypeName('requestPreVoteResponse')).toBe('MsgPreVoteResp');
  });
});

describe('what no member may say to another', () => {
  it.each([0, 1, 10, 11, 12, 19, 20, 21, 22, 23, 24, 1000])('is type %d', (type) => {
    expect(fromPeerMessage(wire({ type }))).toBeUndefined();
  });

  it('is a snapshot message without a snapshot', () => {
    expect(fromPeerMessage(wire({ type: 7 }))).toBeUndefined();
  });

  it('is a read request without, or with more than, its one context', () => {
    const entry = {
      type: 'normal',
      term: Term(0),
      index: RaftIndex(0),
      data: Buffer.from('c'),
    } as const;
    for (const type of [15, 16]) {
      expect(fromPeerMessage(wire({ type }))).toBeUndefined();
      expect(fromPeerMessage(wire({ type, entries: [entry, entry] }))).toBeUndefined();
      expect(fromPeerMessage(wire({ type, entries: [entry] }))).toBeDefined();
    }
  });

  it('is an append whose entries do not follow on its index', () => {
    const entry = (index: number) =>
      ({ type: 'normal', term: Term(5), index: RaftIndex(index), data: Buffer.alloc(0) }) as const;
    const append = (...indexes: number[]) =>
      fromPeerMessage(wire({ type: 3, index: RaftIndex(6), entries: indexes.map(entry) }));
    expect(append(7, 8, 9)).toBeDefined();
    for (const indexes of [[6], [8], [7, 9], [7, 7]]) expect(append(...indexes)).toBeUndefined();
  });
});
