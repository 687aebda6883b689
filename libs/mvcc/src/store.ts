import { NO_LEASE, Revision, toBinaryString } from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import type { MvccBackend } from './backend.js';
import { Compaction } from './compaction.js';
import type { CompactionProgress, CompactOutcome } from './compaction.js';
import { appendEncodedPut } from './encoded-put.js';
import type { EncodedPut } from './encoded-put.js';
import { readEventHistory } from './event-history.js';
import { hashKv } from './hash-kv.js';
import type { HashOutcome } from './hash-kv.js';
import { visibleAt } from './key-index/key-index.js';
import type { KeyValue } from './key-value.js';
import type { LeaseAttachments } from './lease-attachments.js';
import type {
  DeleteRangeOutcome,
  DeleteRangeRequest,
  PutOutcome,
  PutRequest,
  TxnOutcome,
  TxnRequest,
} from './operation.js';
import { readChunk, readEncodedRange, readRange } from './range-read.js';
import type {
  EncodedRangeOutcome,
  RangeChunkOutcome,
  RangeChunkRequest,
  RangeOutcome,
  RangeRequest,
} from './range-request.js';
import { restoreRows } from './restore.js';
import type { RestoreProgress } from './restore.js';
import { StoreState } from './store-state.js';
import { executeDelete, executePlan } from './txn-execution.js';
import { missingKey, missingLease, planFailure, planTxn } from './txn-plan.js';
import type { EventsOutcome, RevisionCommit, WatchEvent } from './watch-event.js';
import { WriteBatch } from './write-batch.js';

/**
 * The multi-version key-value store of one member: a pure function of the requests it is given, in
 * order. Every answer depends on replicated state only, never on how far this member's own
 * compaction has come, on time or on chance.
 *
 * Requests are taken as valid (keys not empty, no key put twice in one transaction): the edge
 * checks that before they are replicated. Their bytes are kept, so they must not change later.
 */
export class MvccStore {
  /**
   * Called once for each mutating request, after its rows are appended and readable, with how many
   * there are: to look at the events of a commit may mean to make them.
   */
  onRevision: (commit: RevisionCommit, changes: number) => void = () => undefined;
  /**
   * Called again and again within a request that takes long, because it is about many keys. The
   * store is half way through it then: nothing of it may be read or changed.
   */
  set onLongWork(called: () => void) {
    this.#state.onLongWork = called;
  }

  #state: StoreState;
  #compaction: Compaction;
  #generation = 0;

  private constructor(state: StoreState) {
    this.#state = state;
    this.#compaction = new Compaction(state);
  }

  /**
   * Opens a store over what the backend holds, an empty one included. Yields between slices of a
   * few milliseconds. Leases must exist already: live keys are attached to theirs. A compaction
   * that was under way goes on with the next `compactionStep`.
   */
  static *restore(
    backend: MvccBackend,
    leases: LeaseAttachments,
  ): Generator<RestoreProgress, MvccStore> {
    const state = new StoreState(backend, leases);
    yield* restoreRows(state);
    return new MvccStore(state);
  }

  /**
   * Replaces the content by that of `restored`, whose rows are now in this store's backend and whose
   * leases are in this store's lessor: a leader's snapshot. `restored` is spent, and so are the
   * generators that this store has handed out: what they yield from now on means nothing.
   */
  adopt(restored: MvccStore): void {
    const { backend, leases, onLongWork } = this.#state;
    this.#state = restored.#state.movedTo(backend, leases);
    this.#state.onLongWork = onLongWork;
    this.#compaction = new Compaction(this.#state);
    this.#generation++;
  }

  /** Counts the times that the whole content was replaced. */
  get generation(): number {
    return this.#generation;
  }

  get currentRevision(): Revision {
    return this.#state.currentRevision;
  }

  /** 0 while never compacted (hashKv tells -1 then, as etcd does). */
  get compactRevision(): Revision {
    return Revision(Math.max(this.#state.compactedAt, 0));
  }

  /** Revisions that compactions have removed since the start. */
  get compactedRevisionCount(): number {
    return this.#compaction.removedCount;
  }

  /** Live keys. */
  get keyCount(): number {
    return this.#state.index.liveCount;
  }

  range(request: RangeRequest): RangeOutcome {
    return readRange(this.#state, request, this.#state.currentRevision);
  }

  /** `range` for those who pass the rows on as they are. */
  rangeEncoded(request: RangeRequest): EncodedRangeOutcome {
    return readEncodedRange(this.#state, request, this.#state.currentRevision);
  }

  /** A bounded piece of an unsorted, unfiltered range; see RangeChunk for how to go on. */
  rangeChunk(request: RangeChunkRequest): RangeChunkOutcome {
    return readChunk(this.#state, request);
  }

  put(request: PutRequest): PutOutcome {
    const failure = missingLease(this.#state, request) ?? missingKey(this.#state, request);
    if (failure !== undefined) return { kind: 'failed', failure };
    const batch = new WriteBatch(this.#state);
    const prevKv = batch.put(request);
    return { kind: 'ok', prevKv, revision: this.#finish(batch) };
  }

  /** `put` of a request that asks for nothing back: its revision, or why it cannot be. */
  putEncoded(put: EncodedPut): Revision | 'leaseNotFound' {
    const { leases, currentRevision } = this.#state;
    if (put.lease !== NO_LEASE && !leases.exists(put.lease)) return 'leaseNotFound';
    const main = Revision(currentRevision + 1);
    const commit = appendEncodedPut(this.#state, put, main);
    this.#state.advanceTo(main);
    this.onRevision(commit, 1);
    return main;
  }

  deleteRange(request: DeleteRangeRequest): DeleteRangeOutcome {
    const batch = new WriteBatch(this.#state);
    const { deleted, prevKvs } = executeDelete(this.#state, batch, request);
    return { kind: 'ok', deleted, prevKvs, revision: this.#finish(batch) };
  }

  /** Also for transactions that only read: those leave the revision as it is. */
  txn(request: TxnRequest): TxnOutcome {
    const plan = planTxn(this.#state, request);
    const failure = planFailure(this.#state, plan);
    if (failure !== undefined) return { kind: 'failed', failure };
    const batch = new WriteBatch(this.#state);
    const results = executePlan(this.#state, batch, plan);
    return { kind: 'ok', succeeded: plan.succeeded, results, revision: this.#finish(batch) };
  }

  /** The end of a lease: all keys in one revision, in byte order; absent keys are skipped. */
  deleteKeys(keys: readonly BinaryString[]): Revision {
    const batch = new WriteBatch(this.#state);
    // Every member must give a key the same sub revision, whatever order its lessor has them in.
    for (const key of [...keys].sort(byBytes)) batch.delete(key);
    return this.#finish(batch);
  }

  /**
   * Makes revisions below `revision` unreadable at once; rows go in `compactionStep`. `compacted`
   * if it is not above the last one, `future` if it is above the current revision.
   */
  compact(revision: number): CompactOutcome {
    return this.#compaction.schedule(revision);
  }

  /** One slice of the compaction: at most `budget` keys looked at or rows deleted, give or take a leaf. */
  compactionStep(budget: number): CompactionProgress {
    return this.#compaction.step(budget);
  }

  /** etcd's HashKV at a revision (0 or less: the current one). Yields between bounded slices. */
  hashKv(revision: number): Generator<undefined, HashOutcome> {
    return hashKv(this.#state, revision);
  }

  /** The key just before the event; undefined if the event created it or that state is compacted. */
  previousKeyValue(event: WatchEvent): KeyValue | undefined {
    // Also when the same transaction deleted the key before: to etcd that is a creation too.
    if (event.type === 'put' && event.kv.createRevision === event.kv.modRevision) return undefined;
    const { index, compactedAt } = this.#state;
    const before = event.kv.modRevision - 1;
    if (before < compactedAt || !index.find(toBinaryString(event.kv.key))) return undefined;
    const id = visibleAt(index.leaf, index.slot, before);
    return id && this.#state.readKeyValue(id.main, id.sub);
  }

  /** History for a watcher: whole revisions from `from` on, at most `maxRevisions` of them. */
  readEvents(from: Revision, maxRevisions: number): EventsOutcome {
    return readEventHistory(this.#state, from, maxRevisions);
  }

  #finish(batch: WriteBatch): Revision {
    const commit = batch.finish();
    if (commit !== undefined) this.onRevision(commit, commit.events.length);
    return this.#state.currentRevision;
  }
}

function byBytes(a: BinaryString, b: BinaryString): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
