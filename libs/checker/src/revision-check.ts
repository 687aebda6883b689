import type { Budget } from './budget.js';
import type { HistoryEntry } from './history.js';
import { AnsweredHistory } from './order/answered-history.js';
import { checkCompaction } from './order/compaction.js';
import { Evidence } from './order/evidence.js';
import type { EventLog } from './order/evidence.js';
import { checkMemberRevisions, checkRealTime } from './order/real-time.js';
import { RevisionSearch } from './order/revision-search.js';
import { Unanswered } from './order/unanswered.js';
import { FRESH_STORE, Timeline } from './timeline.js';
import type { Baseline } from './timeline.js';
import type { Verdict, Violation } from './verdict.js';

export interface RevisionCheckOptions extends Budget {
  /** What was in the store before the first entry. Default: a fresh store at revision 1. */
  readonly base?: Baseline;
  /** Event logs: they settle which operations without an answer took effect. */
  readonly logs?: readonly EventLog[];
}

export type RevisionVerdict =
  | {
      readonly kind: 'ok';
      /** Everything that happened, one way it can have been: the truth for the other checkers. */
      readonly timeline: Timeline;
      /**
       * Who made revisions that no answer claims: an entry with an unknown outcome, or the lease
       * that ended. Only what is certain; with a complete log that is nearly all.
       */
      readonly explanations: ReadonlyMap<number, HistoryEntry | bigint>;
    }
  | Exclude<Verdict, { readonly kind: 'ok' }>;

/**
 * Strict serializability of etcd's key-value API (G1-G7): there is one order of all operations that
 * fits their answers and real time, each write makes the next revision, linearizable reads see the
 * newest state, serializable ones the state of the revision they name, and no member goes back.
 *
 * etcd tells the revision of every answered operation, so the order is given and checking it is
 * O(n log n); a search is needed only where several requests without an answer could have made
 * one revision. Write unique values, and give a log, and there is nothing to search.
 */
export function checkRevisions(
  entries: readonly HistoryEntry[],
  options: RevisionCheckOptions = {},
): RevisionVerdict {
  const base = options.base ?? FRESH_STORE;
  const logs = options.logs ?? [];
  const early = checkMemberRevisions(entries) ?? checkCompaction(entries);
  if (early !== undefined) return { kind: 'violation', violation: early };
  const order = checkRealTime(entries, base.revision);
  if (isViolation(order)) return { kind: 'violation', violation: order };
  const history = AnsweredHistory.of(entries, base.revision, extentOf(logs));
  if (isViolation(history)) return { kind: 'violation', violation: history };
  const evidence = new Evidence(logs);
  const isOpen = (revision: number): boolean =>
    revision > base.revision && history.writerOf(revision) === undefined;
  const disagreement = evidence.gather(entries, isOpen);
  if (disagreement !== undefined) return { kind: 'violation', violation: disagreement };
  const timeline = new Timeline(base);
  const unanswered = new Unanswered(entries, order.earliestRevision);
  const search = new RevisionSearch(history, evidence, unanswered, timeline, options);
  const verdict = search.run();
  if (verdict.kind !== 'ok') return verdict;
  return { kind: 'ok', timeline, explanations: search.explanations() };
}

function extentOf(logs: readonly EventLog[]): { readonly count: number; readonly last: number } {
  let count = 0;
  let last = 0;
  for (const { revisions, from, through } of logs) {
    count += revisions.length;
    if (through >= from) last = Math.max(last, through);
  }
  return { count, last };
}

function isViolation(value: object): value is Violation {
  return 'rule' in value;
}
