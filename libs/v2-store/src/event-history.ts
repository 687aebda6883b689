import { assert } from '@etcd-ts/foundation';
import { failed, V2_CODE } from './v2-failure.js';
import type { V2Failure } from './v2-failure.js';
import type { NodeView, V2Event } from './event.js';
import type { V2Records } from './v2-records.js';

/** Changes that a late watcher can still be told of, as in etcd. */
export const HISTORY_EVENTS = 1000;
/**
 * Keys and values in them, in UTF-16 units: values may be megabytes, and etcd's history of a
 * thousand of them has no other limit. Reaching it clears the oldest earlier, which clients must
 * expect anyway. Counted alike on every member.
 */
export const MAX_HISTORY_UNITS = 64 * 1024 * 1024;

/** The last changes, one for each index without a gap. */
export class EventHistory {
  readonly #records: V2Records;
  readonly #events = new Array<V2Event | undefined>(HISTORY_EVENTS);
  #units = 0;
  #startIndex = 0;
  #lastIndex = 0;

  constructor(records: V2Records) {
    this.#records = records;
  }

  /** 0: nothing yet. */
  get startIndex(): number {
    return this.#startIndex;
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  restore(events: Iterable<V2Event>, startIndex: number): void {
    this.#events.fill(undefined);
    this.#units = 0;
    this.#startIndex = 0;
    this.#lastIndex = 0;
    const kept = [...events].filter((event) => indexOf(event) >= startIndex);
    kept.sort((a, b) => indexOf(a) - indexOf(b)).forEach((event) => this.#insert(event));
  }

  append(event: V2Event): void {
    if (this.#lastIndex - this.#startIndex + 1 >= HISTORY_EVENTS) this.#forgetFirst();
    this.#insert(event);
    this.#records.saveEvent(slotOf(this.#lastIndex), event);
    while (this.#units > MAX_HISTORY_UNITS && this.#startIndex < this.#lastIndex) {
      this.#records.removeEvent(slotOf(this.#startIndex));
      this.#forgetFirst();
    }
  }

  /** Why nobody can be told of everything from `sinceIndex` on; undefined: it is all here. */
  lostBefore(sinceIndex: number, storeIndex: number): V2Failure | undefined {
    if (sinceIndex >= this.#startIndex) return undefined;
    const cause = `the requested history has been cleared [${this.#startIndex}/${sinceIndex}]`;
    return failed(V2_CODE.eventIndexCleared, cause, storeIndex);
  }

  /**
   * The first change from `sinceIndex` on that concerns this path; undefined: none yet. Hidden
   * nodes are found too, as in etcd. `storeIndex` is for the failure.
   */
  scan(
    path: string,
    recursive: boolean,
    sinceIndex: number,
    storeIndex: number,
  ): V2Event | V2Failure | undefined {
    const lost = this.lostBefore(sinceIndex, storeIndex);
    if (lost !== undefined) return lost;
    for (let index = sinceIndex; index <= this.#lastIndex; index++) {
      const event = this.#events[slotOf(index)];
      if (event !== undefined && !event.refresh && concerns(event, path, recursive)) return event;
    }
    return undefined;
  }

  /** From the first to the last. */
  *events(): Iterable<V2Event> {
    for (let index = this.#startIndex; index > 0 && index <= this.#lastIndex; index++) {
      const event = this.#events[slotOf(index)];
      if (event !== undefined) yield event;
    }
  }

  #insert(event: V2Event): void {
    const index = indexOf(event);
    assert(
      this.#startIndex === 0 || index === this.#lastIndex + 1,
      () => `event ${index} after ${this.#lastIndex}`,
    );
    this.#events[slotOf(index)] = event;
    this.#units += unitsOf(event);
    this.#lastIndex = index;
    if (this.#startIndex === 0) this.#startIndex = index;
  }

  #forgetFirst(): void {
    const slot = slotOf(this.#startIndex);
    const first = this.#events[slot];
    if (first !== undefined) this.#units -= unitsOf(first);
    this.#events[slot] = undefined;
    this.#startIndex++;
  }
}

/** The store's index that the change took. */
export function indexOf(event: V2Event): number {
  return event.node.modifiedIndex;
}

function slotOf(index: number): number {
  return index % HISTORY_EVENTS;
}

function concerns(event: V2Event, path: string, recursive: boolean): boolean {
  const { key } = event.node;
  if (key === path) return true;
  if (recursive && key.startsWith(path.endsWith('/') ? path : `${path}/`)) return true;
  if (event.action !== 'delete' && event.action !== 'expire') return false;
  // What is gone with its directory. Like etcd's, this comparison of mere text also tells a watcher
  // of /ab that /a is gone: one event too many is harmless, a client would not know of the other.
  return event.prevNode?.dir === true && path.startsWith(event.prevNode.key);
}

function unitsOf({ node, prevNode }: V2Event): number {
  return sizeOf(node) + (prevNode === undefined ? 0 : sizeOf(prevNode));
}

function sizeOf({ key, value }: NodeView): number {
  return key.length + (value?.length ?? 0);
}
