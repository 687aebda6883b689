import type { LeaseId, Revision } from '@etcd-ts/foundation';
import { attachLease } from './attach-lease.js';
import { decodeKeyValue, encodeRow } from './key-value-codec.js';
import type { StoreState } from './store-state.js';
import type { RevisionCommit, WatchEvent } from './watch-event.js';

/**
 * A put of a key, a value and perhaps a lease that still lies in the bytes it came in. Nothing is
 * kept of it: whoever puts may use the same object for the next one.
 */
export interface EncodedPut {
  readonly source: Buffer;
  /** Never empty. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly lease: LeaseId;
}

/**
 * What WriteBatch.put does for such a request, without an object for each step: from its bytes to the
 * row's in one copy. Most writes are of this kind. The lease exists; the state's revision is the
 * caller's to advance.
 */
export function appendEncodedPut(state: StoreState, put: EncodedPut, main: Revision): StoredPut {
  const { index, backend } = state;
  const name = put.source.toString('latin1', put.keyStart, put.keyEnd);
  const found = index.find(name);
  const { leaf, slot } = index;
  const live = found && leaf.version(slot) > 0;
  const create = live ? leaf.create(slot) : main;
  const version = live ? leaf.version(slot) + 1 : 1;
  const row = encodeRow(put, create, main, version);
  backend.appendRevision(main, 0, false, row);
  index.record(found, name, main, 0, create, version);
  attachLease(state.leases, name, live, put.lease);
  return new StoredPut(main, row);
}

/** A commit of one put: what watchers see of it is made when the first of them looks. */
export class StoredPut implements RevisionCommit {
  readonly revision: Revision;
  readonly #row: Uint8Array;
  #events: readonly WatchEvent[] | undefined;

  constructor(revision: Revision, row: Uint8Array) {
    this.revision = revision;
    this.#row = row;
  }

  get events(): readonly WatchEvent[] {
    this.#events ??= [{ type: 'put', kv: decodeKeyValue(this.#row) }];
    return this.#events;
  }
}
