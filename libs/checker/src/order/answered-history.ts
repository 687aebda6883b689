import { must } from '@etcd-ts/foundation';

import type { HistoryEntry } from '../history.js';
import type { Violation } from '../verdict.js';
import { answeredKv, madeRevision } from './placement.js';
import type { AnsweredKv } from './placement.js';

const NOBODY: readonly HistoryEntry[] = [];

/** The answered operations by the revision they made or saw. */
export class AnsweredHistory {
  readonly entries: readonly HistoryEntry[];
  readonly #baseRevision: number;
  readonly #writers: (HistoryEntry | undefined)[] = [];
  readonly #readers: (HistoryEntry[] | undefined)[] = [];
  #lastRevision: number;

  private constructor(entries: readonly HistoryEntry[], baseRevision: number) {
    this.entries = entries;
    this.#baseRevision = baseRevision;
    this.#lastRevision = baseRevision;
  }

  /** `loggedRevisions`: how many revisions an event log knows, and the last of them. */
  static of(
    entries: readonly HistoryEntry[],
    baseRevision: number,
    logged: { readonly count: number; readonly last: number },
  ): AnsweredHistory | Violation {
    const history = new AnsweredHistory(entries, baseRevision);
    // Each revision takes an operation or the end of a lease somebody asked for.
    const highest = baseRevision + 2 * entries.length + logged.count;
    for (const entry of entries) {
      const broken = history.#file(entry, highest);
      if (broken !== undefined) return broken;
    }
    history.#lastRevision = Math.max(history.#lastRevision, logged.last);
    return history;
  }

  /** The newest revision that anyone saw. */
  get lastRevision(): number {
    return this.#lastRevision;
  }

  writerOf(revision: number): HistoryEntry | undefined {
    return this.#writers[revision - this.#baseRevision];
  }

  writersOf(revision: number): readonly HistoryEntry[] {
    const writer = this.writerOf(revision);
    return writer === undefined ? NOBODY : [writer];
  }

  readersOf(revision: number): readonly HistoryEntry[] {
    return this.#readers[revision - this.#baseRevision] ?? NOBODY;
  }

  answerOf(entry: HistoryEntry): AnsweredKv {
    return must(answeredKv(entry), () => `entry ${entry.id} has no answer about keys`);
  }

  #file(entry: HistoryEntry, highest: number): Violation | undefined {
    const { outcome, operation } = entry;
    if (outcome.kind !== 'ok') return undefined;
    const { revision } = outcome;
    const position = revision - this.#baseRevision;
    const kv = answeredKv(entry);
    // A member that lags shows old revisions in the headers of lease answers; they say nothing.
    if (kv === undefined && (position < 0 || operation.kind === 'leaseKeepAlive')) return undefined;
    if (position < 0 || revision > highest) {
      const message = `#${entry.id} was answered at revision ${revision}, which cannot be`;
      return { rule: 'impossible-revision', message, entries: [entry] };
    }
    this.#lastRevision = Math.max(this.#lastRevision, revision);
    if (kv !== undefined && madeRevision(kv.result)) return this.#fileWriter(entry, position);
    if (kv === undefined && operation.kind !== 'leaseRevoke') return undefined;
    // What was there before the baseline is not known, so nothing can be said about reading it.
    if (operation.kind === 'range' && isBetween(operation.revision, 1, this.#baseRevision)) {
      return undefined;
    }
    const readers = this.#readers[position];
    if (readers === undefined) this.#readers[position] = [entry];
    else readers.push(entry);
    return undefined;
  }

  #fileWriter(entry: HistoryEntry, position: number): Violation | undefined {
    const other = this.#writers[position];
    this.#writers[position] = entry;
    if (other === undefined && position > 0) return undefined;
    return {
      rule: 'duplicate-revision',
      message: `revision ${position + this.#baseRevision} was given to more than one write`,
      entries: other === undefined ? [entry] : [other, entry],
    };
  }
}

function isBetween(value: number | undefined, low: number, below: number): boolean {
  return value !== undefined && value >= low && value < below;
}
