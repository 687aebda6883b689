import { EMPTY_BYTES, MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import { MemoryLog } from '@etcd-ts/raft';
import type { Entry } from '@etcd-ts/raft';

import { LogTrimmer, MAX_CATCHUP_BYTES } from './log-trimmer.js';

const CONF_STATE = {
  voters: [MemberId(1n)],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

function setUp(catchupEntries: number) {
  const log = new MemoryLog();
  const trimmer = new LogTrimmer(log, RaftIndex(0), catchupEntries, () => CONF_STATE);
  let last = 0;
  const apply = (count: number, bytes = 1): void => {
    const data = bytes === 1 ? EMPTY_BYTES : Buffer.alloc(bytes);
    const entries: Entry[] = Array.from({ length: count }, () => {
      return { type: 'normal', term: Term(1), index: RaftIndex(++last), data };
    });
    log.append(entries);
    trimmer.applied(entries);
  };
  return { log, apply };
}

describe('the log in memory', () => {
  it('keeps the entries for catching up, and a hundred more at the most', () => {
    const { log, apply } = setUp(1000);
    for (let i = 0; i < 50; i++) {
      apply(37);
      const kept = log.lastIndex() - log.firstIndex() + 1;
      expect(kept).toBeGreaterThanOrEqual(Math.min(1000, log.lastIndex()));
      expect(kept).toBeLessThanOrEqual(1000 + 2 * 137);
    }
    expect(log.firstIndex()).toBeGreaterThan(1);
  });

  it('keeps fewer when they are large', () => {
    const { log, apply } = setUp(5000);
    const bytes = 1024 * 1024;
    for (let i = 0; i < 8; i++) apply(50, bytes);
    const kept = log.lastIndex() - log.firstIndex() + 1;
    expect(kept * bytes).toBeLessThanOrEqual(MAX_CATCHUP_BYTES + 200 * bytes);
  });

  it('stands for the applied state, with its membership, from the cut on', () => {
    const { log, apply } = setUp(10);
    apply(250);
    const snapshot = log.snapshot();
    expect(snapshot).toMatchObject({ metadata: { index: 250, confState: CONF_STATE } });
    expect(log.term(RaftIndex(250))).toBe(1);
  });

  it('of one batch larger than everything to keep still knows the term of its end', () => {
    const { log, apply } = setUp(0);
    apply(500);
    expect(log.term(log.lastIndex())).toBe(1);
    apply(100);
    expect(log.lastIndex()).toBe(600);
  });
});
