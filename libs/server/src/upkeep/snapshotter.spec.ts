import { MemberId, RaftIndex, SILENT_LOGGER, Term } from '@etcd-ts/foundation';
import { ManualTime, settle } from '@etcd-ts/manual-time';
import type { Backend, SnapshotFiles, Wal } from '@etcd-ts/storage';

import { Snapshotter } from './snapshotter.js';

const CONF_STATE = {
  voters: [MemberId(1n)],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

/** Each step is on record when it begins, and ends when the test lets it. */
function setUp(snapshotCount = 10) {
  const time = new ManualTime();
  const steps: string[] = [];
  const ends: (() => void)[] = [];
  const failures: Error[] = [];
  const state = { index: 0, failing: '' };
  const step = (name: string): Promise<void> => {
    steps.push(name);
    if (state.failing === name) return Promise.reject(new Error(name));
    return new Promise((resolve) => ends.push(resolve));
  };
  const snapshotter = new Snapshotter(
    {
      backend: {
        consistentIndex: () => ({ index: RaftIndex(state.index), term: Term(3) }),
        commitDurable: () => step('commit backend'),
      } as Partial<Backend> as Backend,
      files: {
        save: ({ metadata }) => step(`save file ${metadata.index}`),
        purge: () => step('purge files').then(() => 0),
      } as Partial<SnapshotFiles> as SnapshotFiles,
      wal: {
        saveSnapshot: ({ index }) => step(`record ${index}`),
        releaseTo: (index) => void steps.push(`release ${index}`),
        purge: () => step('purge wal').then(() => 0),
      } as Partial<Wal> as Wal,
      scheduler: time,
      logger: SILENT_LOGGER,
      confState: () => CONF_STATE,
      snapshotCount,
      maxSnapshots: 5,
      failed: (error) => failures.push(error),
    },
    RaftIndex(0),
  );
  const apply = (index: number): void => {
    state.index = index;
    snapshotter.applied(RaftIndex(index));
  };
  const endStep = async (): Promise<void> => {
    ends.shift()?.();
    await settle();
  };
  return { time, steps, failures, state, snapshotter, apply, endStep };
}

describe('a snapshot', () => {
  it('is due when more than snapshot-count entries were applied since the last', async () => {
    const { steps, apply, endStep } = setUp(10);
    apply(10);
    expect(steps).toEqual([]);
    apply(11);
    expect(steps).toEqual(['commit backend']);
    for (let i = 0; i < 3; i++) await endStep();
    apply(21);
    expect(steps).not.toContain('save file 21');
    apply(22);
    expect(steps.at(-1)).toBe('commit backend');
  });

  it('makes each step durable before the next, for the position where it began', async () => {
    const { steps, apply, endStep } = setUp();
    apply(11);
    apply(40);
    expect(steps).toEqual(['commit backend']);
    await endStep();
    expect(steps).toEqual(['commit backend', 'save file 11']);
    await endStep();
    expect(steps).toEqual(['commit backend', 'save file 11', 'record 11']);
    await endStep();
    expect(steps.at(-1)).toBe('release 11');
    apply(41);
    expect(steps.slice(4)).toEqual(['commit backend']);
  });

  it.each(['commit backend', 'save file 11', 'record 11'])(
    'that fails at "%s" releases nothing and stops the member',
    async (failing) => {
      const { steps, failures, state, apply, endStep } = setUp();
      state.failing = failing;
      apply(11);
      for (let i = 0; i < 3; i++) await endStep();
      expect(failures.map(({ message }) => message)).toEqual([failing]);
      expect(steps.at(-1)).toBe(failing);
    },
  );

  it('under way, and a purge, are waited for by whoever stops the member', async () => {
    const { time, steps, snapshotter, apply, endStep } = setUp();
    snapshotter.start();
    await time.advance(30_000);
    apply(11);
    let isStopped = false;
    void snapshotter.stop().then(() => (isStopped = true));
    await settle();
    expect(isStopped).toBe(false);
    for (let i = 0; i < 5; i++) await endStep();
    expect(steps).toEqual(expect.arrayContaining(['purge wal', 'purge files', 'release 11']));
    expect(isStopped).toBe(true);
    expect(time.timers).toBe(0);
  });

  it('purges one at a time, however long it takes', async () => {
    const { time, steps, snapshotter } = setUp();
    snapshotter.start();
    await time.advance(120_000);
    expect(steps).toEqual(['purge wal']);
  });
});
