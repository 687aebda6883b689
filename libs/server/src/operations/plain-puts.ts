import type { AuthStore } from '@etcd-ts/auth';

import { putCostOf } from '../apply/cost.js';
import type { PlainPutOperations, PutOwner } from '../etcd-server.js';
import { encodePlainPut, PlainPutReader } from '../plain-put.js';
import type { Proposals } from '../proposals.js';
import type { Quota } from '../quota.js';
import type { RequestIds } from '../request-ids.js';

export interface PlainPutsParts {
  readonly auth: AuthStore;
  readonly proposals: Proposals;
  readonly requestIds: RequestIds;
  readonly quota: Quota;
  /** --max-request-bytes, of the encoded log entry. */
  readonly maxRequestBytes: number;
  readonly wake: () => void;
  readonly stopped: () => boolean;
}

/**
 * Writes of a key and a value, and nothing more, from the bytes of the client to those of the log in
 * one copy and without promises. Objects that wait for the disk are moved by the garbage collector
 * while they wait, and that was more than a third of what a put took.
 */
export class PlainPuts implements PlainPutOperations {
  readonly #parts: PlainPutsParts;
  readonly #reader = new PlainPutReader();

  constructor(parts: PlainPutsParts) {
    this.#parts = parts;
  }

  propose(request: Uint8Array, owner: PutOwner): boolean {
    const { auth, proposals, requestIds, quota, maxRequestBytes } = this.#parts;
    if (auth.enabled || this.#parts.stopped()) return false;
    const put = this.#reader;
    if (!put.readRequest(request)) return false;
    const cost = putCostOf(put.keyEnd - put.keyStart, put.valueEnd - put.valueStart);
    if (!quota.allows(cost)) return false;
    requestIds.advance();
    const data = encodePlainPut(requestIds, request);
    if (data.length > maxRequestBytes || !proposals.hasRoom(data.length)) return false;
    proposals.addPlainPut(requestIds, data, owner);
    this.#parts.wake();
    return true;
  }
}
