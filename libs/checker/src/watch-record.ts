import type { KeyRange, KeyValue } from './operation.js';
import type { Change, RevisionChanges } from './timeline.js';
import type { EventLog } from './order/evidence.js';

export interface WatchedEvent {
  readonly type: 'put' | 'delete';
  /** Of a delete only the key and the modRevision count. */
  readonly kv: KeyValue;
  readonly prevKv?: KeyValue;
}

export type WatchResponse =
  | {
      readonly kind: 'events';
      readonly revision: number;
      readonly events: readonly WatchedEvent[];
      /** A part of a response that was too large: more of the same revision may follow. */
      readonly fragment?: boolean;
    }
  /** Of this watcher, or (on request) of its whole stream while it was on it. */
  | { readonly kind: 'progress'; readonly revision: number }
  /** `compactRevision` above 0: because that start is compacted. Ends the watcher. */
  | { readonly kind: 'canceled'; readonly compactRevision: number };

/** What one watcher asked for and got, in the order in which it came. */
export interface WatchRecord {
  /** For messages. */
  readonly name: string;
  readonly range: KeyRange;
  /** 0: from now on, that is after `createdRevision`. */
  readonly startRevision: number;
  /** The header of the answer that the watch was created; absent if it never came. */
  readonly createdRevision?: number;
  readonly prevKv?: boolean;
  readonly noPut?: boolean;
  readonly noDelete?: boolean;
  readonly responses: readonly WatchResponse[];
  /** The watcher this one takes over from: it may not start behind what that one still lacked. */
  readonly resumes?: WatchRecord;
  /** It was given the time to catch up with this revision before the run ended. */
  readonly mustReach?: number;
}

/**
 * The event log a watcher saw, for `checkRevisions`. Only an unfiltered one is of use; what it saw
 * is judged there as evidence, and here afterwards (`checkWatches`) as a watch.
 */
export function eventLogOf(record: WatchRecord): EventLog {
  const revisions = new Map<number, Change[]>();
  let through = firstRevision(record) - 1;
  for (const response of record.responses) {
    if (response.kind === 'canceled') break;
    // A fragment says nothing about the rest of its revision, which may never have come.
    const whole = response.kind === 'progress' || response.fragment !== true;
    if (response.kind === 'events') {
      for (const { type, kv } of response.events) {
        const changes = revisions.get(kv.modRevision) ?? [];
        changes.push({ key: kv.key, kv: type === 'put' ? kv : undefined });
        revisions.set(kv.modRevision, changes);
        if (whole) through = Math.max(through, kv.modRevision);
      }
    } else through = Math.max(through, response.revision);
  }
  const complete: RevisionChanges[] = [...revisions]
    .filter(([revision]) => revision <= through)
    .sort(([a], [b]) => a - b)
    .map(([revision, changes]) => ({ revision, changes }));
  return { revisions: complete, scope: record.range, from: firstRevision(record), through };
}

/** The first revision the watcher has to deliver. */
export function firstRevision({ startRevision, createdRevision }: WatchRecord): number {
  return startRevision > 0 ? startRevision : (createdRevision ?? Infinity) + 1;
}
