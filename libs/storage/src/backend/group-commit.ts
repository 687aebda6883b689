import { failpoint } from '@etcd-ts/failpoint';
import type { Clock } from '@etcd-ts/foundation';
import type { StateDatabase } from './state-database.js';
import type { StateView } from './state-view.js';

/** One slice of finish(): two or three milliseconds. */
const OPERATIONS_PER_SLICE = 1000;

interface Commit {
  readonly writer: Generator<void, void, number>;
  readonly operations: number;
  durationMs: number;
}

export interface GroupCommitTerms {
  readonly clock: Clock;
  readonly soon: (callback: () => void) => void;
  /** Buffered, and in no commit begun. */
  readonly pendingOperations: () => number;
  /** What is pending now is whole entries, and all of it is in the view's pending changes. */
  readonly atBoundary: () => void;
  /** Runs what may fail in the database; the first failure is final. */
  readonly guard: <T>(action: () => T) => T;
  readonly committed: (durationSeconds: number, operations: number) => void;
}

/** Writes what is pending in batches, one batch at a time, each in slices if its caller wants. */
export class GroupCommit {
  readonly #database: StateDatabase;
  readonly #view: StateView;
  readonly #terms: GroupCommitTerms;
  #commit: Commit | undefined;
  /** Commits begun so far: what is pending when the nth begins is in the first n. */
  #begun = 0;
  #isGivenUp = false;

  constructor(database: StateDatabase, view: StateView, terms: GroupCommitTerms) {
    this.#database = database;
    this.#view = view;
    this.#terms = terms;
  }

  /** See Backend.commitStep(). */
  step(maxOperations: number): boolean {
    if (this.#commit === undefined) {
      if (this.#terms.pendingOperations() === 0 || this.#database.blocksCommits) return true;
      this.#begin();
    }
    return this.#continue(maxOperations);
  }

  #begin(): void {
    FAILPOINT: failpoint('commitBeforePreCommitHook');
    this.#terms.atBoundary();
    FAILPOINT: failpoint('commitAfterPreCommitHook');
    const changes = this.#view.beginCommit();
    const writer = this.#database.write(changes);
    writer.next(0);
    this.#begun++;
    this.#commit = { writer, operations: changes.operations, durationMs: 0 };
  }

  /** True when no commit is under way. */
  #continue(maxOperations: number): boolean {
    const commit = this.#commit;
    if (commit === undefined) return true;
    const { clock, guard, committed } = this.#terms;
    const startMs = clock.monotonicMs();
    const { done } = guard(() => commit.writer.next(maxOperations));
    commit.durationMs += clock.monotonicMs() - startMs;
    if (done !== true) return false;
    this.#commit = undefined;
    FAILPOINT: failpoint('beforeWritebackBuf');
    this.#view.endCommit();
    FAILPOINT: failpoint('afterWritebackBuf');
    committed(commit.durationMs / 1000, commit.operations);
    guard(() => this.#database.tend());
    return true;
  }

  now(): void {
    this.#continue(Infinity);
    this.#terms.guard(() => this.#database.unblockNow());
    this.step(Infinity);
  }

  /**
   * Commits what was pending at the call, in slices, while others may commit too, and then calls
   * `atEnd` at a moment when no commit is under way and none is blocked. Undefined when the database
   * was given up meanwhile.
   */
  async finish<T>(atEnd: () => T): Promise<T | undefined> {
    const { guard, pendingOperations, soon } = this.#terms;
    // A commit under way was begun before this call and may lack what is pending now.
    const wanted = this.#begun + (pendingOperations() > 0 ? 1 : 0);
    while (!this.#isGivenUp) {
      guard(() => undefined);
      if (this.#database.blocksCommits) {
        await this.#database.idle;
        continue;
      }
      if (this.#begun < wanted) this.step(OPERATIONS_PER_SLICE);
      else this.#continue(OPERATIONS_PER_SLICE);
      const done = this.#commit === undefined && this.#begun >= wanted;
      if (done && !this.#database.blocksCommits) return atEnd();
      await new Promise<void>((resolve) => soon(resolve));
    }
    return undefined;
  }

  /** The commit under way is dropped. Nothing is called but what waits in finish(). */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#commit = undefined;
  }
}
