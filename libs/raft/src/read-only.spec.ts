import { RaftIndex } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import { decodeRound, encodeRound, MAX_PENDING_READS, ReadOnly } from './read-only.js';

const A = 1n as MemberId;
const request = (name: string) => ({ from: A, context: Buffer.from(name) });

describe('ReadOnly', () => {
  it('ends rounds in order, each with the commit index of its start', () => {
    const reads = new ReadOnly();
    reads.add(request('a'));
    reads.startRound(RaftIndex(5));
    reads.add(request('b'));
    reads.add(request('c'));
    reads.startRound(RaftIndex(7));
    const confirmed = reads.takeConfirmed(2);
    expect(confirmed.map(({ index, requests }) => [index, requests.length])).toEqual([
      [5, 1],
      [7, 2],
    ]);
    expect(reads.newestRound).toBe(0);
  });

  it('does not let an older answer confirm a younger request', () => {
    const reads = new ReadOnly();
    reads.add(request('a'));
    reads.startRound(RaftIndex(5));
    reads.acknowledge(A, 1);
    reads.add(request('b'));
    reads.startRound(RaftIndex(5));
    expect(reads.takeConfirmed(reads.acknowledgedBy(A))).toHaveLength(1);
    expect(reads.newestRound).toBe(2);
  });

  it('never uses a number again, not even after a reset', () => {
    const reads = new ReadOnly();
    reads.add(request('a'));
    reads.startRound(RaftIndex(5));
    reads.reset();
    reads.acknowledge(A, 1);
    reads.add(request('b'));
    reads.startRound(RaftIndex(6));
    expect(reads.takeConfirmed(reads.acknowledgedBy(A))).toEqual([]);
  });

  it('does not believe in rounds that were never started', () => {
    const reads = new ReadOnly();
    reads.acknowledge(A, 99);
    expect(reads.acknowledgedBy(A)).toBe(0);
  });

  it('drops requests beyond its limit and takes new ones when some are answered', () => {
    const reads = new ReadOnly();
    for (let i = 0; i < MAX_PENDING_READS; i++) expect(reads.add(request('a'))).toBe(true);
    expect(reads.add(request('b'))).toBe(false);
    reads.startRound(RaftIndex(1));
    reads.takeConfirmed(1);
    expect(reads.add(request('b'))).toBe(true);
  });

  it('writes its round into eight bytes and reads it back, beyond 32 bits as well', () => {
    for (const round of [1, 255, 2 ** 32 - 1, 2 ** 32, 2 ** 45 + 3]) {
      expect(decodeRound(encodeRound(round))).toBe(round);
    }
    expect(decodeRound(Buffer.from('foreign context'))).toBe(0);
  });
});
