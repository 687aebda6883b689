import { RaftIndex, Term } from '@etcd-ts/foundation';
import { EMPTY_CONF_STATE } from '../types.js';
import type { Entry } from '../types.js';
import { MemoryLog } from './memory-log.js';

function entry(index: number, term = 1): Entry {
  return {
    type: 'normal',
    term: Term(term),
    index: RaftIndex(index),
    data: Buffer.from(`${index}`),
  };
}

const indexes = (log: MemoryLog): number[] => {
  const entries = log.entries(log.firstIndex(), RaftIndex(log.lastIndex() + 1), Infinity);
  return typeof entries === 'string' ? [] : entries.map(({ index }) => index);
};

describe('MemoryLog', () => {
  let log: MemoryLog;
  beforeEach(() => {
    log = new MemoryLog();
    log.append([1, 2, 3, 4, 5].map((index) => entry(index)));
  });

  it('replaces its end from the first appended index on', () => {
    log.append([entry(3, 2)]);
    expect(indexes(log)).toEqual([1, 2, 3]);
    expect(log.term(RaftIndex(3))).toBe(2);
  });

  it('forgets what is compacted except the term at the edge', () => {
    log.compact(RaftIndex(3));
    expect(indexes(log)).toEqual([4, 5]);
    expect(log.term(RaftIndex(2))).toBe('compacted');
    expect(log.term(RaftIndex(3))).toBe(1);
    expect(log.term(RaftIndex(6))).toBe('unavailable');
    expect(log.entries(RaftIndex(3), RaftIndex(5), Infinity)).toBe('compacted');
    expect(log.entries(RaftIndex(4), RaftIndex(7), Infinity)).toBe('unavailable');
  });

  it('compacts only forward, and leaves compacted indexes out of an append', () => {
    log.compact(RaftIndex(3));
    log.compact(RaftIndex(1));
    log.append([entry(2), entry(3), entry(4, 2)]);
    expect(log.firstIndex()).toBe(4);
    expect(indexes(log)).toEqual([4]);
  });

  it('has a snapshot from the first one on, and starts over from one of a leader', () => {
    expect(log.snapshot()).toBe('unavailable');
    const snapshot = log.createSnapshot(RaftIndex(4), EMPTY_CONF_STATE, Buffer.from('state'));
    expect(log.snapshot()).toBe(snapshot);
    expect(indexes(log)).toEqual([1, 2, 3, 4, 5]);
    const metadata = { confState: EMPTY_CONF_STATE, index: RaftIndex(9), term: Term(3) };
    log.applySnapshot({ data: Buffer.alloc(0), metadata });
    expect([log.firstIndex(), log.lastIndex(), log.term(RaftIndex(9))]).toEqual([10, 9, 3]);
  });

  it('stops at a gap and at a snapshot of the past', () => {
    expect(() => log.append([entry(7)])).toThrow('gap');
    log.createSnapshot(RaftIndex(4), EMPTY_CONF_STATE, Buffer.alloc(0));
    const older = (): unknown =>
      log.createSnapshot(RaftIndex(2), EMPTY_CONF_STATE, Buffer.alloc(0));
    expect(older).toThrow('older');
  });
});
