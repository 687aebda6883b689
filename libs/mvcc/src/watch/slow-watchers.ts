import type { WatchSink } from './sink.js';
import type { Watcher } from './watcher.js';

/** Watchers whose sink refused an offer, by sink. */
export class SlowWatchers {
  readonly #bySink = new Map<WatchSink, Set<Watcher>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(watcher: Watcher): void {
    const waiting = this.#bySink.get(watcher.sink);
    if (waiting === undefined) this.#bySink.set(watcher.sink, new Set([watcher]));
    else waiting.add(watcher);
    this.#size++;
  }

  delete(watcher: Watcher): void {
    const waiting = this.#bySink.get(watcher.sink);
    if (waiting === undefined || !waiting.delete(watcher)) return;
    this.#size--;
    if (waiting.size === 0) this.#bySink.delete(watcher.sink);
  }

  /** Takes out all watchers of a sink. */
  take(sink: WatchSink): Iterable<Watcher> {
    const waiting = this.#bySink.get(sink);
    if (waiting === undefined) return [];
    this.#bySink.delete(sink);
    this.#size -= waiting.size;
    return waiting;
  }
}
