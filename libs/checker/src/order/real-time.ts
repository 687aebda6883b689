import type { HistoryEntry } from '../history.js';
import type { Violation } from '../verdict.js';
import {
  answeredKv,
  isSerializable,
  madeRevision,
  placeOfRead,
  placeOfWrite,
} from './placement.js';
import type { Place } from './placement.js';

export interface RealTimeOrder {
  /**
   * For each operation without an answer (by entry id) the first revision it can have made: above
   * all that was answered before it was invoked.
   */
  readonly earliestRevision: ReadonlyMap<number, number>;
}

interface Placed {
  readonly entry: HistoryEntry;
  /** No operation invoked after this one returned may stand before this place. */
  readonly leaves: Place;
  /** Undefined for what real time does not bind: serializable reads, headers filled in later. */
  readonly stands: Place | undefined;
}

/**
 * Real time: what returned before another operation was invoked stands before it in the order of
 * revisions. With the places known this is one sweep, and together with answers that fit their
 * places it is all of linearizability.
 */
export function checkRealTime(
  entries: readonly HistoryEntry[],
  baseRevision: number,
): RealTimeOrder | Violation {
  const earliestRevision = new Map<number, number>();
  const byInvocation = entries.map(placed).sort((a, b) => a.entry.invokedAt - b.entry.invokedAt);
  const byReturn = byInvocation
    .filter(({ entry }) => entry.outcome.kind === 'ok')
    .sort((a, b) => a.entry.returnedAt - b.entry.returnedAt);
  let returned = 0;
  let last: Placed | undefined;
  for (const { entry, stands } of byInvocation) {
    for (; returned < byReturn.length; returned++) {
      const earlier = byReturn[returned] as Placed;
      if (earlier.entry.returnedAt >= entry.invokedAt) break;
      if (last === undefined || earlier.leaves > last.leaves) last = earlier;
    }
    if (stands !== undefined && last !== undefined && stands < last.leaves) {
      return outOfOrder(last.entry, entry);
    }
    if (entry.outcome.kind === 'unknown') {
      const floor = last === undefined ? baseRevision : Math.floor(last.leaves / 2);
      earliestRevision.set(entry.id, floor + 1);
    }
  }
  return { earliestRevision };
}

/** G6: the revision of one member, as its answers show it, never goes back. */
export function checkMemberRevisions(entries: readonly HistoryEntry[]): Violation | undefined {
  const byMember = new Map<string, HistoryEntry[]>();
  for (const entry of entries) {
    if (entry.member === undefined || entry.outcome.kind !== 'ok') continue;
    const answers = byMember.get(entry.member);
    if (answers === undefined) byMember.set(entry.member, [entry]);
    else answers.push(entry);
  }
  for (const answers of byMember.values()) {
    const broken = checkOneMember(answers);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

function checkOneMember(answers: readonly HistoryEntry[]): Violation | undefined {
  const byInvocation = [...answers].sort((a, b) => a.invokedAt - b.invokedAt);
  const byReturn = [...answers].sort((a, b) => a.returnedAt - b.returnedAt);
  let returned = 0;
  let last: HistoryEntry | undefined;
  for (const entry of byInvocation) {
    for (; returned < byReturn.length; returned++) {
      const earlier = byReturn[returned] as HistoryEntry;
      if (earlier.returnedAt >= entry.invokedAt) break;
      if (last === undefined || revisionOf(earlier) > revisionOf(last)) last = earlier;
    }
    if (last === undefined || revisionOf(entry) >= revisionOf(last)) continue;
    return {
      rule: 'revision-went-back',
      message: `member ${entry.member} answered at revision ${revisionOf(last)}, later at ${revisionOf(entry)}`,
      entries: [last, entry],
    };
  }
  return undefined;
}

function revisionOf({ outcome }: HistoryEntry): number {
  return outcome.kind === 'ok' ? outcome.revision : 0;
}

function placed(entry: HistoryEntry): Placed {
  if (entry.outcome.kind !== 'ok') return { entry, leaves: 0, stands: undefined };
  const kv = answeredKv(entry);
  // Headers of lease and compaction answers are filled in when the answer leaves: the revision was
  // there by then, which is all they say.
  if (kv === undefined) {
    return { entry, leaves: placeOfWrite(entry.outcome.revision), stands: undefined };
  }
  const place = madeRevision(kv.result) ? placeOfWrite(kv.revision) : placeOfRead(kv.revision);
  return { entry, leaves: place, stands: isSerializable(kv.operation) ? undefined : place };
}

function outOfOrder(earlier: HistoryEntry, later: HistoryEntry): Violation {
  const write = answeredKv(later);
  const isWrite = write !== undefined && madeRevision(write.result);
  return {
    rule: isWrite ? 'write-reordered' : 'stale-read',
    message:
      `#${later.id} was invoked after #${earlier.id} had returned, ` +
      `but stands at revision ${revisionOf(later)}, before it (${revisionOf(earlier)})`,
    entries: [earlier, later],
  };
}
