import { MAX_WATCH_CATCH_UP_REVISIONS, Revision } from '@etcd-ts/foundation';
import { WatcherGroup } from './watcher-group.js';
import type { Watcher } from './watcher.js';

/**
 * Watchers behind the present, in groups of nearby positions: history is read once for a group. The
 * groups take turns, a slice of history each, so that one that has millions of revisions to go does
 * not keep one waiting that has ten. A group that has come up to another becomes one with it; as
 * newcomers join a group whenever its next slice reaches them, there is at most one group for each
 * MAX_WATCH_CATCH_UP_REVISIONS of history.
 */
export class CatchUpQueue {
  readonly #groups: WatcherGroup[] = [];
  #turn = 0;

  /** Whether anybody may be waiting; true for a moment longer when the last one was cancelled. */
  get busy(): boolean {
    return this.#groups.length > 0;
  }

  get watchers(): number {
    return this.#groups.reduce((sum, group) => sum + group.size, 0);
  }

  /** `delivering` cannot be joined: it is about to claim delivery of what the newcomer needs. */
  add(watcher: Watcher, delivering: WatcherGroup | undefined): void {
    const position = watcher.ownPosition;
    const near = this.#groups.find(
      (group) =>
        group !== delivering &&
        group.position <= position &&
        position - group.position < MAX_WATCH_CATCH_UP_REVISIONS,
    );
    if (near !== undefined) {
      near.join(watcher);
      return;
    }
    const group = new WatcherGroup(position);
    group.join(watcher);
    this.#groups.push(group);
  }

  /** Whose turn it is; empty groups are gone by then. */
  next(): WatcherGroup | undefined {
    for (;;) {
      if (this.#turn >= this.#groups.length) this.#turn = 0;
      const group = this.#groups[this.#turn];
      if (group === undefined) return undefined;
      if (group.size > 0) {
        this.#turn++;
        return group;
      }
      this.#groups.splice(this.#turn, 1);
    }
  }

  /** Forgets a group that has become empty at once, so that `busy` is exact after a step. */
  discardIfEmpty(group: WatcherGroup): void {
    if (group.size > 0) return;
    const at = this.#groups.indexOf(group);
    if (at < 0) return;
    this.#groups.splice(at, 1);
    if (at < this.#turn) this.#turn--;
  }

  /** The closest group that is not behind this one. */
  ahead(group: WatcherGroup): WatcherGroup | undefined {
    let nearest: WatcherGroup | undefined;
    for (const other of this.#groups) {
      if (other === group || other.size === 0 || other.position < group.position) continue;
      if (nearest === undefined || other.position < nearest.position) nearest = other;
    }
    return nearest;
  }
}

/** Moves up to `max` members of one group to another; positions are kept. */
export function moveMembers(from: WatcherGroup, to: WatcherGroup, max: number): void {
  let left = max;
  for (const watcher of from.index.members()) {
    if (left-- <= 0) return;
    from.leave(watcher);
    to.join(watcher);
  }
}

/** Where a slice of at most `revisions` beginning at the group ends, exclusively. */
export function sliceEnd(
  group: WatcherGroup,
  ahead: WatcherGroup | undefined,
  revisions: number,
): Revision {
  const end = group.position + revisions;
  return Revision(ahead === undefined ? end : Math.min(end, ahead.position));
}
