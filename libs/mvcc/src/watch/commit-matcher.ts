import { toBinaryString } from '@etcd-ts/foundation';
import type { RevisionCommit, WatchEvent } from '../watch-event.js';
import type { WatcherIndex } from './watcher-index.js';
import type { Watcher } from './watcher.js';

/**
 * Calls `visit` with what each watcher of `index` wants of one commit and has not been delivered;
 * watchers that want nothing do not appear. Whole commits and single events of a commit are shared
 * objects, so that they are encoded once for all. Watchers may leave the index during a visit; one
 * that left before its own visit may still get it.
 */
export function matchCommit(
  index: WatcherIndex,
  commit: RevisionCommit,
  visit: (watcher: Watcher, wanted: RevisionCommit) => void,
): void {
  const { events, revision } = commit;
  const [only] = events;
  if (only !== undefined && events.length === 1) {
    for (const watcher of watchersOf(index, only)) {
      if (watcher.wants(only) && watcher.nextRevision <= revision) visit(watcher, commit);
    }
    return;
  }
  const wanted = new Map<Watcher, WatchEvent[]>();
  for (const event of events) {
    for (const watcher of watchersOf(index, event)) {
      if (!watcher.wants(event) || watcher.nextRevision > revision) continue;
      const known = wanted.get(watcher);
      if (known === undefined) wanted.set(watcher, [event]);
      else known.push(event);
    }
  }
  const singles = new Map<WatchEvent, RevisionCommit>();
  for (const [watcher, parts] of wanted) visit(watcher, partOf(commit, parts, singles));
}

function watchersOf(index: WatcherIndex, event: WatchEvent): readonly Watcher[] {
  const found: Watcher[] = [];
  index.collect(toBinaryString(event.kv.key), found);
  return found;
}

function partOf(
  commit: RevisionCommit,
  events: readonly WatchEvent[],
  singles: Map<WatchEvent, RevisionCommit>,
): RevisionCommit {
  if (events.length === commit.events.length) return commit;
  const [only] = events;
  if (only === undefined || events.length > 1) return { revision: commit.revision, events };
  const known = singles.get(only);
  if (known !== undefined) return known;
  const part = { revision: commit.revision, events };
  singles.set(only, part);
  return part;
}
