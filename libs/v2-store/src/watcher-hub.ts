import type { V2Event } from './event.js';
import type { EventHistory } from './event-history.js';
import { indexOf } from './event-history.js';
import { isHiddenBelow, segmentsOf } from './key-path.js';
import type { V2Failure } from './v2-failure.js';

/** Events one watcher may lag behind before it is dropped, as in etcd. */
export const WATCHER_QUEUE_EVENTS = 100;

export interface WatchOptions {
  /** Clean, with its namespace. */
  readonly path: string;
  readonly recursive: boolean;
  /** More than the first event. */
  readonly stream: boolean;
  /** The first index of interest; 0: from now on. */
  readonly sinceIndex: number;
  /**
   * There is something to take, or the watcher has ended. Called while an entry is applied, never
   * before `watch` has returned.
   */
  readonly wake: () => void;
}

/** A subscription that keeps what its owner has not taken yet, up to a limit. */
export interface V2Watcher {
  /** The store's index when it began. */
  readonly startIndex: number;
  /** The next event, oldest first. */
  take(): V2Event | undefined;
  /** No event will come any more: it had its one, lagged too far behind, or was cancelled. */
  readonly ended: boolean;
  cancel(): void;
}

/** Who is told of which change. */
export class WatcherHub {
  readonly #history: EventHistory;
  readonly #watchers = new Map<string, Set<Subscription>>();
  #size = 0;

  constructor(history: EventHistory) {
    this.#history = history;
  }

  get size(): number {
    return this.#size;
  }

  /** Fails if what it should begin with has been cleared from the history. */
  watch(options: WatchOptions, storeIndex: number): V2Watcher | V2Failure {
    const sinceIndex = options.sinceIndex === 0 ? storeIndex + 1 : options.sinceIndex;
    const lost = this.#history.lostBefore(sinceIndex, storeIndex);
    if (lost !== undefined) return lost;
    const watcher = new Subscription(options, this.#history, storeIndex, sinceIndex, () =>
      this.#forget(watcher),
    );
    this.#register(watcher);
    return watcher;
  }

  /**
   * Tells the watchers of the node, of its directories, and of what went with it (`gone`, paths
   * that were nodes). Each gets a change once, also a stream that two of these find.
   */
  publish(event: V2Event, gone: readonly string[] = []): void {
    for (const path of gone) this.#tell(path, event, true);
    const { key } = event.node;
    let path = '';
    this.#tell('/', event, key === '/');
    for (const segment of segmentsOf(key)) {
      path += `/${segment}`;
      this.#tell(path, event, path === key);
    }
  }

  /** The paths below this one that somebody watches. */
  watchedBelow(path: string): string[] {
    const prefix = path === '/' ? path : `${path}/`;
    return [...this.#watchers.keys()].filter((watched) => watched.startsWith(prefix));
  }

  /** After the history was replaced by another member's: what is in between comes from there. */
  resume(): void {
    for (const watcher of [...this.#watchers.values()].flatMap((watchers) => [...watchers])) {
      watcher.catchUp();
      watcher.options.wake();
    }
  }

  /** `exactly`: the path is the changed node's, or went with it. */
  #tell(path: string, event: V2Event, exactly: boolean): void {
    const watchers = this.#watchers.get(path);
    if (watchers === undefined) return;
    for (const watcher of [...watchers]) {
      if (!exactly && !watcher.options.recursive) continue;
      if (path !== event.node.key && isHiddenBelow(path, event.node.key)) continue;
      watcher.offer(event);
      watcher.options.wake();
    }
  }

  #register(watcher: Subscription): void {
    const { path } = watcher.options;
    const watchers = this.#watchers.get(path);
    if (watchers === undefined) this.#watchers.set(path, new Set([watcher]));
    else watchers.add(watcher);
    this.#size++;
  }

  #forget(watcher: Subscription): void {
    const { path } = watcher.options;
    const watchers = this.#watchers.get(path);
    if (watchers?.delete(watcher) !== true) return;
    this.#size--;
    if (watchers.size === 0) this.#watchers.delete(path);
  }
}

class Subscription implements V2Watcher {
  readonly options: WatchOptions;
  readonly startIndex: number;
  readonly #history: EventHistory;
  readonly #forgotten: () => void;
  readonly #queue: V2Event[] = [];
  /** Everything before it is delivered or queued, or of no interest. */
  #nextIndex: number;
  /** Its events are still taken from the history, one at a time, and queued nowhere. */
  #catchingUp: boolean;
  #ended = false;

  constructor(
    options: WatchOptions,
    history: EventHistory,
    startIndex: number,
    sinceIndex: number,
    forgotten: () => void,
  ) {
    this.options = options;
    this.#history = history;
    this.startIndex = startIndex;
    this.#nextIndex = sinceIndex;
    this.#catchingUp = sinceIndex <= startIndex;
    this.#forgotten = forgotten;
  }

  get ended(): boolean {
    return this.#ended && this.#queue.length === 0;
  }

  take(): V2Event | undefined {
    return this.#queue.shift() ?? (this.#catchingUp ? this.#fromHistory() : undefined);
  }

  cancel(): void {
    this.#queue.length = 0;
    this.#end();
  }

  /** What is queued stays; after it comes the history. */
  catchUp(): void {
    this.#catchingUp = true;
  }

  offer(event: V2Event): void {
    const index = indexOf(event);
    if (this.#ended || this.#catchingUp || index < this.#nextIndex) return;
    // The one that does not fit is lost, so nothing after it may be delivered either.
    if (this.#queue.length >= WATCHER_QUEUE_EVENTS) return this.#end();
    this.#queue.push(event);
    this.#advance(index);
  }

  #fromHistory(): V2Event | undefined {
    const { path, recursive } = this.options;
    const event = this.#history.scan(path, recursive, this.#nextIndex, this.startIndex);
    if (event === undefined) {
      this.#catchingUp = false;
      return undefined;
    }
    if ('kind' in event) {
      this.cancel();
      return undefined;
    }
    this.#advance(indexOf(event));
    return event;
  }

  #advance(index: number): void {
    this.#nextIndex = index + 1;
    if (!this.options.stream) this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#catchingUp = false;
    this.#forgotten();
  }
}
