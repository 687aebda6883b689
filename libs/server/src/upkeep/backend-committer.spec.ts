import { ManualTime, settle } from '@etcd-ts/manual-time';
import type { Backend } from '@etcd-ts/storage';

import { BackendCommitter } from './backend-committer.js';

/** Counts operations instead of storing any. */
class CountingBackend {
  pendingOperations = 0;
  #left = 0;
  commits = 0;
  largestSlice = 0;
  failing = false;

  get backlog(): number {
    return this.pendingOperations + this.#left;
  }

  commitStep(maxOperations: number): boolean {
    if (this.failing) throw new Error('SQLITE_FULL');
    if (this.#left === 0) {
      this.#left = this.pendingOperations;
      this.pendingOperations = 0;
      this.commits++;
    }
    const done = Math.min(this.#left, maxOperations);
    this.largestSlice = Math.max(this.largestSlice, done);
    this.#left -= done;
    return this.#left === 0;
  }
}

function setUp() {
  const time = new ManualTime();
  const backend = new CountingBackend();
  const failures: Error[] = [];
  const committer = new BackendCommitter(
    backend as Partial<Backend> as Backend,
    time,
    { intervalMs: 100, limit: 10_000 },
    (error) => failures.push(error),
  );
  committer.start();
  return { time, backend, committer, failures };
}

describe('the backend committer', () => {
  it('commits at its interval what there is', async () => {
    const { time, backend } = setUp();
    backend.pendingOperations = 10;
    await time.advance(99);
    expect(backend.commits).toBe(0);
    await time.advance(1);
    expect(backend.backlog).toBe(0);
    await time.advance(1000);
    expect(backend.commits).toBe(1);
  });

  it('commits a full batch without waiting', async () => {
    const { backend, committer } = setUp();
    backend.pendingOperations = 9_999;
    committer.applied();
    expect(backend.commits).toBe(0);
    backend.pendingOperations = 10_000;
    committer.applied();
    expect(backend.commits).toBe(1);
  });

  it.each([400, 2000, 20_000])(
    'keeps up with %i operations a turn, in slices no larger than needed',
    async (perTurn) => {
      const { backend, committer } = setUp();
      let worst = 0;
      for (let turn = 0; turn < 500; turn++) {
        backend.pendingOperations += perTurn;
        committer.applied();
        await new Promise<void>((done) => setImmediate(done));
        worst = Math.max(worst, backend.backlog);
      }
      expect(worst).toBeLessThan(10_000 + 40 * perTurn);
      expect(backend.largestSlice).toBeLessThanOrEqual(Math.max(700, 4 * perTurn));
    },
  );

  it('tells of a failure once and touches the backend no more', async () => {
    const { time, backend, failures } = setUp();
    backend.failing = true;
    backend.pendingOperations = 1;
    await time.advance(1000);
    expect(failures).toHaveLength(1);
  });

  it('does nothing after it was stopped', async () => {
    const { time, backend, committer } = setUp();
    backend.pendingOperations = 20_000;
    committer.applied();
    committer.stop();
    const { backlog } = backend;
    await time.advance(1000);
    await settle();
    expect(backend.backlog).toBe(backlog);
    expect(time.timers).toBe(0);
  });
});
