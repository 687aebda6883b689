import { Revision } from '@etcd-ts/foundation';
import type { RevisionRow } from './backend.js';
import { decodeKeyValue } from './key-value-codec.js';
import { RowScan } from './row-scan.js';
import type { StoreState } from './store-state.js';
import type { EventsOutcome, RevisionCommit, WatchEvent } from './watch-event.js';
import { tombstone } from './write-batch.js';

/** Ends a read early, at a whole revision: large values must not pile up for one slow watcher. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;

/**
 * The changes from `from` on, at most `maxRevisions` revisions. `from` equal to the compaction's
 * revision is answered: all changes made at that very revision are kept, deletes included.
 */
export function readEventHistory(
  state: StoreState,
  from: Revision,
  maxRevisions: number,
): EventsOutcome {
  if (from < state.compactedAt) {
    return { kind: 'compacted', compactRevision: Revision(state.compactedAt) };
  }
  const commits: { readonly revision: Revision; readonly events: WatchEvent[] }[] = [];
  const scan = new RowScan(state.backend, from);
  let bytes = 0;
  while (!scan.done) {
    for (const row of scan.next()) {
      const last = commits.at(-1);
      if (last?.revision === row.main) last.events.push(eventOf(row));
      else if (commits.length === maxRevisions || bytes > MAX_EVENT_BYTES) {
        return { kind: 'ok', commits, next: row.main };
      } else commits.push({ revision: row.main, events: [eventOf(row)] });
      bytes += row.value.length;
    }
  }
  const next = Math.max(from, state.currentRevision + 1);
  return { kind: 'ok', commits: commits satisfies RevisionCommit[], next: Revision(next) };
}

function eventOf(row: RevisionRow): WatchEvent {
  const kv = decodeKeyValue(row.value);
  if (row.tombstone) return { type: 'delete', kv: tombstone(kv.key, row.main) };
  return { type: 'put', kv };
}
