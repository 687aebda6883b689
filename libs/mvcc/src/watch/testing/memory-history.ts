import { fromBinaryString, NO_LEASE, Revision } from '@etcd-ts/foundation';
import type { EventsOutcome, RevisionCommit, WatchEvent } from '../../watch-event.js';
import type { WatchHistory } from '../hub.js';

export interface Change {
  readonly key: string;
  readonly type: 'put' | 'delete';
}

/** A store that only remembers what happened; the first revision is 2, as in a fresh store. */
export class MemoryHistory implements WatchHistory {
  readonly commits: RevisionCommit[] = [];
  compactRevision = Revision(0);
  /** Reads are cut short to at most this many revisions. */
  maxRead = Infinity;
  revisionsRead = 0;

  get currentRevision(): Revision {
    return Revision(this.commits.length + 1);
  }

  append(...changes: readonly Change[]): RevisionCommit {
    const revision = Revision(this.currentRevision + 1);
    const commit = { revision, events: changes.map((change) => eventOf(change, revision)) };
    this.commits.push(commit);
    return commit;
  }

  readEvents(from: Revision, maxRevisions: number): EventsOutcome {
    if (from < this.compactRevision) {
      return { kind: 'compacted', compactRevision: this.compactRevision };
    }
    const first = Math.max(0, from - 2);
    const count = Math.min(maxRevisions, this.maxRead);
    const next = Math.min(Math.max(from, 2) + count, this.currentRevision + 1);
    const commits = this.commits.slice(first, next - 2);
    this.revisionsRead += commits.length;
    return { kind: 'ok', commits, next: Revision(next) };
  }
}

function eventOf({ key, type }: Change, revision: Revision): WatchEvent {
  const put = type === 'put';
  return {
    type,
    kv: {
      key: fromBinaryString(key),
      createRevision: Revision(put ? revision : 0),
      modRevision: revision,
      version: put ? 1 : 0,
      value: Buffer.from(put ? `value at ${revision}` : ''),
      lease: NO_LEASE,
    },
  };
}
