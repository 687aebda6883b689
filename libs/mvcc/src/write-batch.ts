import {
  EMPTY_BYTES,
  fromBinaryString,
  NO_LEASE,
  Revision,
  toBinaryString,
} from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import { attachLease } from './attach-lease.js';
import type { KeyRange } from './key-range.js';
import type { KeyValue } from './key-value.js';
import { encodeKeyValue, encodeTombstone } from './key-value-codec.js';
import type { PutRequest } from './operation.js';
import type { StoreState } from './store-state.js';
import type { RevisionCommit, WatchEvent } from './watch-event.js';

/**
 * All changes of one mutating request: they share a main revision, and each takes the next sub
 * revision. What it writes is readable at once, through the same state; `finish` makes the new
 * revision the store's. A batch that changed nothing leaves the revision alone.
 */
export class WriteBatch {
  readonly #state: StoreState;
  readonly #main: Revision;
  readonly #events: WatchEvent[] = [];

  constructor(state: StoreState) {
    this.#state = state;
    this.#main = Revision(state.currentRevision + 1);
  }

  /** The newest revision as the request itself sees it. */
  get revision(): Revision {
    return this.#events.length > 0 ? this.#main : this.#state.currentRevision;
  }

  /** The request has been checked (lease and, where needed, key exist). */
  put(request: PutRequest): KeyValue | undefined {
    const { index, backend } = this.#state;
    const name = toBinaryString(request.key);
    const found = index.find(name);
    const { leaf, slot } = index;
    const live = found && leaf.version(slot) > 0;
    const needsPrevious = request.prevKv || request.ignoreValue || request.ignoreLease;
    const previous = live && needsPrevious ? this.#state.readNewest(leaf, slot) : undefined;
    const kv: KeyValue = {
      key: request.key,
      createRevision: live ? (leaf.create(slot) as Revision) : this.#main,
      modRevision: this.#main,
      version: live ? leaf.version(slot) + 1 : 1,
      value: request.ignoreValue && previous ? ownCopy(previous.value) : request.value,
      lease: request.ignoreLease && previous ? previous.lease : request.lease,
    };
    const sub = this.#events.length;
    backend.appendRevision(this.#main, sub, false, encodeKeyValue(kv));
    index.record(found, name, this.#main, sub, kv.createRevision, kv.version);
    attachLease(this.#state.leases, name, live, kv.lease);
    this.#events.push({ type: 'put', kv });
    return request.prevKv ? previous : undefined;
  }

  /** Returns how many keys there were. */
  deleteRange(range: KeyRange): number {
    const names: BinaryString[] = [];
    this.#state.index.visit(range, true, (leaf, slot) => {
      names.push(leaf.keys[slot] as BinaryString);
      return true;
    });
    for (const name of names) this.delete(name);
    return names.length;
  }

  /** An absent key is left alone. */
  delete(name: BinaryString): void {
    const { index, backend, leases } = this.#state;
    if (!index.findLive(name)) return;
    const key = fromBinaryString(name);
    const sub = this.#events.length;
    backend.appendRevision(this.#main, sub, true, encodeTombstone(key));
    index.record(true, name, this.#main, sub, 0, 0);
    const lease = leases.leaseOf(name);
    if (lease !== NO_LEASE) leases.detach(lease, name);
    this.#events.push({ type: 'delete', kv: tombstone(key, this.#main) });
    this.#state.worked();
  }

  /** Undefined if nothing changed. */
  finish(): RevisionCommit | undefined {
    if (this.#events.length === 0) return undefined;
    this.#state.advanceTo(this.#main);
    return { revision: this.#main, events: this.#events };
  }
}

/**
 * A row read lately lies in one piece of memory with hundreds of others, and an event may be kept for
 * as long as a watcher is slow: it must not keep all of those.
 */
function ownCopy(value: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(value);
}

/** The KeyValue of a delete event. */
export function tombstone(key: Uint8Array, revision: Revision): KeyValue {
  return {
    key,
    createRevision: Revision(0),
    modRevision: revision,
    version: 0,
    value: EMPTY_BYTES,
    lease: NO_LEASE,
  };
}
