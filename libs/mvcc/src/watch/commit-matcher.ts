import { toBinaryString } from '@etcd-ts/foundation';
import type { RevisionCommit, WatchEvent } from '../watch-event.js';
import type { WatcherIndex } from './watcher-index.js';
import type { Watcher } from './watcher.js';

/**
 * What each watcher of `index` wants of one commit and has not been delivered; watchers that want
 * nothing do not appear. Whole commits and single events of a commit are shared objects, so that
 * they are encoded once for all.
 */
export function matchCommit(
  index: WatcherIndex,
  commit: RevisionCommit,
  visit: (watcher: Watcher, wanted: RevisionCommit) => void,
): void {
  const [only] = commit.events;
  if (only !== undefined && commit.events.length === 1) {
    for (const watcher of watchersOf(index, commit, only)) visit(watcher, commit);
    return;
  }
  const wanted = new Map<Watcher, WatchEvent[]>();
  for (const event of commit.events) {
    for (const watcher of watchersOf(index, commit, event)) {
      const events = wanted.get(watcher);
      if (events === undefined) wanted.set(watcher, [event]);
      else events.push(event);
    }
  }
  const singles = new Map<WatchEvent, RevisionCommit>();
  for (const [watcher, events] of wanted) visit(watcher, partOf(commit, events, singles));
}

function watchersOf(index: WatcherIndex, commit: RevisionCommit, event: WatchEvent): Watcher[] {
  const found: Watcher[] = [];
  index.collect(toBinaryString(event.kv.key), found);
  return found.filter((watcher) => watcher.wants(event) && watcher.nextRevision <= commit.revision);
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
