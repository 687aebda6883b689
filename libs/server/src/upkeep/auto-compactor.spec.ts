import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { ManualTime } from '@etcd-ts/manual-time';

import { startAutoCompaction } from './auto-compactor.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The revision grows by one a minute. */
function setUp() {
  const time = new ManualTime();
  const compactions: { minute: number; revision: number }[] = [];
  const state = { isLeader: true, outcome: 'done' as 'done' | 'failed', hold: false };
  const parts = {
    clock: time,
    scheduler: time,
    logger: SILENT_LOGGER,
    currentRevision: () => 1 + Math.floor(time.monotonicMs() / MINUTE),
    isLeader: () => state.isLeader,
    compact: (revision: number) => {
      compactions.push({ minute: time.monotonicMs() / MINUTE, revision });
      if (state.hold) return new Promise<'done'>(() => undefined);
      return Promise.resolve(state.outcome);
    },
  };
  return { time, compactions, state, parts };
}

const minutes = (compactions: readonly { minute: number }[]): number[] =>
  compactions.map(({ minute }) => minute);

describe('periodic auto-compaction', () => {
  it('of half an hour first compacts after one period, then every period', async () => {
    const { time, compactions, parts } = setUp();
    startAutoCompaction({ mode: 'periodic', retentionMs: 30 * MINUTE }, parts);
    await time.advance(2 * HOUR);
    expect(minutes(compactions)).toEqual([30, 60, 90, 120]);
    for (const { minute, revision } of compactions) {
      // What was current one period ago, at most one sample older.
      expect(revision).toBeLessThanOrEqual(minute - 30 + 1);
      expect(revision).toBeGreaterThanOrEqual(minute - 30 + 1 - 3);
    }
  });

  it('of five hours first compacts after five hours, then every hour', async () => {
    const { time, compactions, parts } = setUp();
    startAutoCompaction({ mode: 'periodic', retentionMs: 5 * HOUR }, parts);
    await time.advance(8 * HOUR);
    expect(minutes(compactions)).toEqual([300, 360, 420, 480]);
    for (const { minute, revision } of compactions) {
      expect(revision).toBeLessThanOrEqual(minute - 300 + 1);
      expect(revision).toBeGreaterThanOrEqual(minute - 300 + 1 - 6);
    }
  });

  it('tries again at the next sample what has failed', async () => {
    const { time, compactions, state, parts } = setUp();
    startAutoCompaction({ mode: 'periodic', retentionMs: HOUR }, parts);
    state.outcome = 'failed';
    await time.advance(HOUR);
    state.outcome = 'done';
    await time.advance(HOUR);
    expect(minutes(compactions)).toEqual([60, 66]);
  });

  it('waits for the compaction under way', async () => {
    const { time, compactions, state, parts } = setUp();
    startAutoCompaction({ mode: 'periodic', retentionMs: HOUR }, parts);
    state.hold = true;
    await time.advance(5 * HOUR);
    expect(compactions).toHaveLength(1);
  });

  it('is the leader’s task; who becomes leader goes on with the revisions it has seen', async () => {
    const { time, compactions, state, parts } = setUp();
    startAutoCompaction({ mode: 'periodic', retentionMs: HOUR }, parts);
    state.isLeader = false;
    await time.advance(3 * HOUR);
    expect(compactions).toEqual([]);
    state.isLeader = true;
    await time.advance(6 * MINUTE);
    expect(compactions).toHaveLength(1);
    expect(compactions[0]?.revision).toBeGreaterThan(100);
    expect(compactions[0]?.revision).toBeLessThanOrEqual(127);
  });

  it('does nothing when nothing has happened since', async () => {
    const { time, compactions, parts } = setUp();
    const quiet = { ...parts, currentRevision: () => 7 };
    startAutoCompaction({ mode: 'periodic', retentionMs: HOUR }, quiet);
    await time.advance(10 * HOUR);
    expect(minutes(compactions)).toEqual([60]);
  });

  it('ends when it is cancelled', async () => {
    const { time, compactions, parts } = setUp();
    startAutoCompaction({ mode: 'periodic', retentionMs: HOUR }, parts)();
    await time.advance(5 * HOUR);
    expect(compactions).toEqual([]);
    expect(time.timers).toBe(0);
  });
});

describe('auto-compaction by revision', () => {
  it('looks every five minutes and keeps so many revisions', async () => {
    const { time, compactions, parts } = setUp();
    startAutoCompaction({ mode: 'revision', retentionRevisions: 10 }, parts);
    await time.advance(20 * MINUTE);
    expect(compactions).toEqual([
      { minute: 10, revision: 1 },
      { minute: 15, revision: 6 },
      { minute: 20, revision: 11 },
    ]);
  });

  it('leaves it to the leader, and does not repeat itself', async () => {
    const { time, compactions, state, parts } = setUp();
    const quiet = { ...parts, currentRevision: () => 30 };
    startAutoCompaction({ mode: 'revision', retentionRevisions: 10 }, quiet);
    state.isLeader = false;
    await time.advance(10 * MINUTE);
    state.isLeader = true;
    await time.advance(30 * MINUTE);
    expect(compactions).toEqual([{ minute: 15, revision: 20 }]);
  });
});

it('auto-compaction that is off sets no timer', () => {
  const { time, parts } = setUp();
  startAutoCompaction({ mode: 'off' }, parts)();
  expect(time.timers).toBe(0);
});
