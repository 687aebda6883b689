import { assert, MAX_WATCH_CATCH_UP_REVISIONS } from '@etcd-ts/foundation';
import type { Revision } from '@etcd-ts/foundation';
import { WatcherIndex } from './watcher-index.js';
import type { Watcher } from './watcher.js';

/**
 * Watchers that advance together: all that is below `position` and wanted by a member has been
 * accepted for it. Advancing costs one write, not one per member.
 */
export class WatcherGroup {
  readonly index = new WatcherIndex();
  #position: Revision;
  #advanced = false;
  #highestJoined: number;

  constructor(position: Revision) {
    this.#position = position;
    this.#highestJoined = position;
  }

  get position(): Revision {
    return this.#position;
  }

  get size(): number {
    return this.index.size;
  }

  /**
   * THE step at which events could be lost: it claims delivery for every member. Whoever has not
   * accepted its events up to here must have left the group before.
   */
  advance(position: Revision): void {
    assert(position >= this.#position, 'a group of watchers never goes back');
    this.#position = position;
    this.#advanced = true;
  }

  /** Whether a watcher at this position is near enough to share the group's next slice. */
  reaches(position: Revision): boolean {
    if (position >= this.#position) return position - this.#position < MAX_WATCH_CATCH_UP_REVISIONS;
    return !this.#advanced && this.#highestJoined - position < MAX_WATCH_CATCH_UP_REVISIONS;
  }

  /**
   * Makes room for a watcher further behind. Only before the group has advanced: until then every
   * member's own position says where it stands.
   */
  lowerTo(position: Revision): void {
    if (position >= this.#position) return;
    assert(!this.#advanced, 'a group that has advanced cannot be lowered');
    this.#position = position;
  }

  /** Of a watcher in no group, whose position is not below the group's. */
  join(watcher: Watcher): void {
    assert(watcher.group === undefined, 'watcher is in a group already');
    assert(watcher.ownPosition >= this.#position, 'watcher would miss revisions in this group');
    watcher.group = this;
    this.#highestJoined = Math.max(this.#highestJoined, watcher.ownPosition);
    this.index.add(watcher);
  }

  /** The watcher takes its position along. */
  leave(watcher: Watcher): void {
    assert(watcher.group === this, 'watcher is not in this group');
    watcher.ownPosition = watcher.nextRevision;
    watcher.group = undefined;
    this.index.remove(watcher);
  }
}
