import type { HistoryEntry, Outcome } from '../history.js';
import type { KvOperation, Operation, Txn } from '../operation.js';
import type { Violation } from '../verdict.js';
import { isSerializable } from './placement.js';

interface Peak {
  readonly value: number;
  readonly entry: HistoryEntry;
}

interface Mark extends Peak {
  /** When it counts. */
  readonly at: number;
}

/** A watermark over time: the largest value among what has happened by a moment. */
class Watermark {
  readonly #at: number[] = [];
  readonly #peak: Peak[] = [];

  constructor(marks: readonly Mark[]) {
    for (const { at, value, entry } of [...marks].sort((a, b) => a.at - b.at)) {
      const last = this.#peak.at(-1);
      if (last !== undefined && last.value >= value) continue;
      this.#at.push(at);
      this.#peak.push({ value, entry });
    }
  }

  /** Over everything strictly before `at`. */
  before(at: number): Peak | undefined {
    let low = 0;
    let high = this.#at.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#at[middle] as number) < at) low = middle + 1;
      else high = middle;
    }
    return this.#peak[low - 1];
  }
}

/**
 * G7: reads at old revisions and compactions. Compacting makes no revision, so its place among the
 * operations of one revision is unknown; what is checked is what must hold wherever it was.
 */
export function checkCompaction(entries: readonly HistoryEntry[]): Violation | undefined {
  const done: Mark[] = [];
  const asked: Mark[] = [];
  const shown: Mark[] = [];
  for (const entry of entries) {
    const { operation, outcome, invokedAt, returnedAt } = entry;
    if (outcome.kind === 'ok') shown.push({ at: returnedAt, value: outcome.revision, entry });
    if (operation.kind !== 'compact' || outcome.kind === 'failed') continue;
    asked.push({ at: invokedAt, value: operation.revision, entry });
    if (outcome.kind === 'ok') done.push({ at: returnedAt, value: operation.revision, entry });
  }
  const marks = {
    done: new Watermark(done),
    asked: new Watermark(asked),
    shown: new Watermark(shown),
  };
  for (const entry of entries) {
    const broken = checkEntry(entry, marks);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

interface Marks {
  readonly done: Watermark;
  readonly asked: Watermark;
  readonly shown: Watermark;
}

function checkEntry(entry: HistoryEntry, { done, asked, shown }: Marks): Violation | undefined {
  const { operation, outcome, invokedAt, returnedAt } = entry;
  const revisions = [...namedRevisions(operation, outcome)];
  if (revisions.length === 0 || outcome.kind === 'unknown') return undefined;
  const compacting = operation.kind === 'compact';
  if (outcome.kind === 'ok') {
    const floor = isLocal(entry) ? undefined : done.before(invokedAt);
    if (revisions.some((r) => isBelow(r, floor, compacting)))
      return broken('compacted-read', entry, 'succeeded below a finished compaction', floor?.entry);
    if (compacting && Math.max(...revisions) > outcome.revision) {
      return broken('compacted-future', entry, 'compacted a revision that was not there yet');
    }
    return undefined;
  }
  if (outcome.failure === 'compacted') {
    const peak = asked.before(returnedAt);
    const possible = revisions.some((r) => isBelow(r, peak, compacting));
    if (!possible)
      return broken('wrong-refusal', entry, 'failed as compacted, but nobody compacted that far');
  } else if (outcome.failure === 'futureRevision' && !isLocal(entry)) {
    const newest = shown.before(invokedAt);
    if (newest !== undefined && Math.max(...revisions) <= newest.value) {
      return broken(
        'wrong-refusal',
        entry,
        'failed as of the future, but was seen before',
        newest.entry,
      );
    }
  }
  return undefined;
}

function broken(rule: string, entry: HistoryEntry, what: string, other?: HistoryEntry): Violation {
  const entries = other === undefined ? [entry] : [other, entry];
  return { rule, message: `#${entry.id} ${what}`, entries };
}

function isLocal({ operation }: HistoryEntry): boolean {
  return operation.kind === 'range' || operation.kind === 'txn' ? isSerializable(operation) : false;
}

/** Reading at the compacted revision itself is allowed, compacting there again is not. */
function isBelow(revision: number, mark: Peak | undefined, compacting: boolean): boolean {
  if (mark === undefined) return false;
  return compacting ? revision <= mark.value : revision < mark.value;
}

/** The old revisions an operation reads or compacts; of an answered txn, in the branch it took. */
function* namedRevisions(operation: Operation, outcome?: Outcome): Iterable<number> {
  switch (operation.kind) {
    case 'compact':
      yield operation.revision;
      return;
    case 'range':
      if (operation.revision !== undefined && operation.revision > 0) yield operation.revision;
      return;
    case 'txn':
      for (const part of branchesOf(operation, outcome)) yield* namedRevisions(part);
      return;
    default:
  }
}

function branchesOf(txn: Txn, outcome: Outcome | undefined): readonly KvOperation[] {
  if (outcome?.kind === 'ok' && outcome.result.kind === 'txn') {
    // A nested transaction's branch is a question for the replay.
    const taken = outcome.result.succeeded ? txn.success : txn.failure;
    return taken.filter(({ kind }) => kind !== 'txn');
  }
  return [...txn.success, ...txn.failure];
}
