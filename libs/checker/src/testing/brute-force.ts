import { disagreement } from '../agreement.js';
import { execute } from '../execution.js';
import type { HistoryEntry } from '../history.js';
import { isKvOperation } from '../operation.js';
import { answeredKv, isSerializable } from '../order/placement.js';
import { Timeline } from '../timeline.js';

/**
 * Strict serializability by its definition: tries every order of the operations. Only for the
 * key-value operations of tiny histories, without members, leases and compaction.
 */
export function existsAnOrder(entries: readonly HistoryEntry[]): boolean {
  const serving = entries.filter(({ outcome }) => outcome.kind !== 'failed');
  return canFinish(serving, new Timeline());
}

function canFinish(left: readonly HistoryEntry[], timeline: Timeline): boolean {
  if (left.every(({ outcome }) => outcome.kind === 'unknown')) return true;
  const firstReturn = Math.min(...left.map(({ returnedAt }) => returnedAt));
  const { revision } = timeline;
  for (const next of left) {
    if (next.invokedAt > firstReturn) continue;
    const fits = place(next, timeline);
    const rest = left.filter((entry) => entry !== next);
    if (fits && canFinish(rest, timeline)) return true;
    timeline.rollback(revision);
  }
  return false;
}

/** Whether the answer could have been given now; if so the operation takes effect. */
function place(entry: HistoryEntry, timeline: Timeline): boolean {
  const { operation } = entry;
  if (!isKvOperation(operation)) return true;
  const answer = answeredKv(entry);
  if (answer !== undefined && isSerializable(operation) && operation.kind === 'range') {
    if (answer.revision > timeline.revision || answer.revision < 1) return false;
    const then = execute({ revision: answer.revision, ...operation }, timeline);
    return then.kind === 'ok' && disagreement(then.result, answer.result) === undefined;
  }
  const execution = execute(operation, timeline);
  if (execution.kind === 'failed') return answer === undefined;
  if (execution.changes.length > 0) timeline.append(execution.changes);
  if (answer === undefined) return true;
  const same = disagreement(execution.result, answer.result) === undefined;
  return same && answer.revision === timeline.revision;
}
