import { FRESH_STORE } from '@etcd-ts/checker';
import type { Baseline, HistoryEntry, HistoryRecorder } from '@etcd-ts/checker';

import type { ClusterWatch, Finding } from '../member/cluster-watch.js';
import type { Crowd } from './crowd.js';
import { judge } from './judgement.js';
import type { Judgement, Truth } from './judgement.js';
import type { LeaseLedger } from './lease-ledger.js';

export interface HistoryWindowsParts {
  readonly recorder: HistoryRecorder;
  readonly watch: ClusterWatch;
  readonly crowd: Crowd;
  readonly ledger: LeaseLedger;
  readonly clockSkew: number;
  readonly expired: () => boolean;
  readonly nowMs: () => number;
}

/** A window is judged at the first rest after so many operations. */
const MIN_OPERATIONS = 1000;

/** Of nobody: compactions that the members asked for themselves. */
const NOBODY = -2;

/**
 * Judges what happened piece by piece. At a moment of rest nothing is under way: no request, no event
 * that somebody is owed. So whatever happened until then is judged by itself, from the state in which the
 * former piece left the keys, and forgotten but for that state; what reaches further, which are the
 * leases, is in the ledger, and what has been compacted is carried on.
 */
export class HistoryWindows {
  readonly #parts: HistoryWindowsParts;
  #base: Baseline = FRESH_STORE;
  /** The furthest compaction that was ever asked for, as an operation without an answer. */
  #compaction: HistoryEntry | undefined;
  #compactions = 0;
  #judged = 0;
  windows = 0;

  constructor(parts: HistoryWindowsParts) {
    this.#parts = parts;
    parts.watch.onCompaction = (revision) => this.#compacting(revision);
  }

  get operations(): number {
    return this.#judged + this.#parts.recorder.size;
  }

  /** Up to here everything is judged, and forgotten but for what was left. */
  get baseRevision(): number {
    return this.#base.revision;
  }

  #compacting(revision: number): void {
    const { recorder, nowMs } = this.#parts;
    const { operation } = this.#compaction ?? {};
    if (operation?.kind === 'compact' && operation.revision >= revision) return;
    this.#compaction = {
      id: -++this.#compactions,
      client: NOBODY,
      operation: { kind: 'compact', revision },
      invokedAt: recorder.tick(),
      returnedAt: Infinity,
      invokedAtMs: nowMs(),
      returnedAtMs: Infinity,
      outcome: { kind: 'unknown' },
    };
    this.#asked.push(this.#compaction);
  }

  /** Since the last window began; the first may be older. */
  #asked: HistoryEntry[] = [];

  /** At a moment of rest. Undefined: there is too little to judge, or somebody is not there. */
  close(): Judgement | undefined {
    const { recorder, crowd, watch } = this.#parts;
    if (recorder.size < MIN_OPERATIONS || !crowd.isIdle) return undefined;
    const revision = watch.newestRevision;
    const records = crowd.takeRecords(revision);
    if (records === undefined) return undefined;
    return this.#judge(records);
  }

  /** In the end. */
  closeLast(): Judgement {
    return this.#judge(this.#parts.crowd.records);
  }

  #judge(records: Crowd['records']): Judgement {
    const { recorder, watch, clockSkew, expired } = this.#parts;
    const history = recorder.isIdle ? recorder.drain() : recorder.history();
    const compaction = this.#compaction?.operation;
    const judgement = judge({
      base: this.#base,
      history: [...this.#asked, ...history],
      logs: watch.eventLogs(this.#base.revision),
      records,
      compactedThrough: compaction?.kind === 'compact' ? compaction.revision : 0,
      clockSkew,
      expired,
    });
    this.#judged += history.length;
    this.windows++;
    this.#asked = this.#compaction === undefined ? [] : [this.#compaction];
    if (judgement.truth !== undefined) this.#goOn(judgement.truth);
    const finding = judgement.finding ?? this.#missing();
    return finding === undefined ? judgement : { ...judgement, finding };
  }

  #goOn({ timeline, explanations }: Truth): void {
    const { watch, ledger, nowMs } = this.#parts;
    for (const [revision, by] of explanations) {
      if (typeof by !== 'bigint') continue;
      ledger.gone(by, watch.publishedAtMs(revision) ?? nowMs(), `its keys went at ${revision}`);
    }
    this.#base = { revision: timeline.revision, kvs: timeline.all() };
    watch.forget(timeline.revision);
  }

  /** Every revision must have been accounted for. */
  #missing(): Finding | undefined {
    const { newestRevision } = this.#parts.watch;
    if (this.#base.revision >= newestRevision) return undefined;
    const message = `revision ${newestRevision} was told of, but only ${this.#base.revision} happened`;
    return { rule: 'revision-unexplained', message };
  }
}
