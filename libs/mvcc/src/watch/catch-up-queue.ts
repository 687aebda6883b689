import { Revision } from '@etcd-ts/foundation';
import { WatcherGroup } from './watcher-group.js';
import type { Watcher } from './watcher.js';

/**
 * Watchers behind the present, in groups of nearby positions: history is read once for a group, and
 * groups that meet become one.
 *
 * Every other turn is the hindmost group's. It sweeps up all the others, so that history is read
 * a few times altogether, however many positions there are; if all advanced at one pace, they would
 * never meet, and each would read all of it. The turns between go round, a slice for each group, so
 * that one with ten revisions to go does not wait for one with millions.
 *
 * Newcomers join a group they are near, so that a storm of them makes about two groups for each
 * MAX_WATCH_CATCH_UP_REVISIONS of history at most, in whatever order they come.
 */
export class CatchUpQueue {
  readonly #groups: WatcherGroup[] = [];
  #turn = 0;
  #sweeping = false;

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
    const near = this.#groups.find((group) => group !== delivering && group.reaches(position));
    if (near !== undefined) {
      near.lowerTo(position);
      near.join(watcher);
      return;
    }
    const group = new WatcherGroup(position);
    group.join(watcher);
    this.#groups.push(group);
  }

  /** Whose turn it is; never an empty group. */
  next(): WatcherGroup | undefined {
    this.#discardEmpty();
    this.#sweeping = !this.#sweeping;
    if (this.#sweeping) return this.#hindmost();
    if (this.#turn >= this.#groups.length) this.#turn = 0;
    return this.#groups[this.#turn++];
  }

  /** Forgets a group that has become empty at once, so that `busy` is exact after a step. */
  discardIfEmpty(group: WatcherGroup): void {
    if (group.size === 0) this.#discardEmpty();
  }

  /** The closest group that is not behind this one. */
  ahead(group: WatcherGroup): WatcherGroup | undefined {
    let nearest: WatcherGroup | undefined;
    for (const other of this.#groups) {
      if (other === group || other.position < group.position) continue;
      if (nearest === undefined || other.position < nearest.position) nearest = other;
    }
    return nearest;
  }

  #hindmost(): WatcherGroup | undefined {
    let hindmost = this.#groups[0];
    for (const group of this.#groups) {
      if (hindmost !== undefined && group.position < hindmost.position) hindmost = group;
    }
    return hindmost;
  }

  #discardEmpty(): void {
    for (let at = this.#groups.length - 1; at >= 0; at--) {
      if (this.#groups[at]?.size !== 0) continue;
      this.#groups.splice(at, 1);
      if (at < this.#turn) this.#turn--;
    }
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
