import type { BinaryString } from '@etcd-ts/foundation';
import { IntervalTree } from './interval-tree.js';
import type { Watcher } from './watcher.js';

/** Watchers by what they watch. Single keys, the many, cost one map entry each. */
export class WatcherIndex {
  readonly #members = new Set<Watcher>();
  readonly #byKey = new Map<BinaryString, Watcher | Set<Watcher>>();
  readonly #byInterval = new IntervalTree<Watcher>();

  get size(): number {
    return this.#members.size;
  }

  /** In order of joining. Members may leave during the iteration. */
  members(): IterableIterator<Watcher> {
    return this.#members.values();
  }

  add(watcher: Watcher): void {
    this.#members.add(watcher);
    if (watcher.interval !== undefined) {
      this.#byInterval.add(watcher.interval, watcher);
      return;
    }
    const present = this.#byKey.get(watcher.key);
    if (present === undefined) this.#byKey.set(watcher.key, watcher);
    else if (present instanceof Set) present.add(watcher);
    else this.#byKey.set(watcher.key, new Set([present, watcher]));
  }

  remove(watcher: Watcher): void {
    if (!this.#members.delete(watcher)) return;
    if (watcher.interval !== undefined) {
      this.#byInterval.remove(watcher.interval, watcher);
      return;
    }
    const present = this.#byKey.get(watcher.key);
    if (present === watcher) this.#byKey.delete(watcher.key);
    else if (present instanceof Set) {
      present.delete(watcher);
      if (present.size === 0) this.#byKey.delete(watcher.key);
    }
  }

  /** Appends every watcher of `key` to `found`, each once. */
  collect(key: BinaryString, found: Watcher[]): void {
    const present = this.#byKey.get(key);
    if (present instanceof Set) for (const watcher of present) found.push(watcher);
    else if (present !== undefined) found.push(present);
    this.#byInterval.collect(key, found);
  }
}
