import { prefixEnd } from '@etcd-ts/foundation';
import type { WatchEvent } from '@etcd-ts/mvcc';
import type { EtcdServer } from '@etcd-ts/server';
import {
  Compare,
  Compare_CompareResult,
  Compare_CompareTarget,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
} from '@etcd-ts/wire-protocol';
import type { KeyValue, RequestOp, ResponseHeader, TxnResponse } from '@etcd-ts/wire-protocol';

import { watchKey } from './key-watch.js';

/** Seconds a session lease lasts that the server had to make itself (etcd: 60). */
const SESSION_TTL_SECONDS = 60n;

/** A key of ours among those under one name; who created theirs first is at the head. */
export interface Ticket {
  readonly key: Buffer;
  readonly lease: bigint;
  readonly createRevision: bigint;
  /** As the key has it now: ours, or from an earlier call with the same lease. */
  readonly value: Buffer;
}

/**
 * The recipe below locks and elections: everybody puts a key under `<name>/`, bound to a lease,
 * and waits for all keys created before to go.
 */
export class QueueOfKeys {
  readonly #server: EtcdServer;
  readonly #prefix: Buffer;

  constructor(server: EtcdServer, name: Uint8Array) {
    this.#server = server;
    this.#prefix = Buffer.concat([name, Buffer.from('/')]);
  }

  /** The lease given, or for 0 a new one that nobody keeps alive. */
  async session(lease: bigint): Promise<bigint> {
    if (lease !== 0n) return lease;
    const granted = await this.#server.leases.grant({ TTL: SESSION_TTL_SECONDS, ID: 0n });
    return granted.ID;
  }

  /** Puts our key, or finds it: one lease has one place under a name. */
  async enter(lease: bigint, value: Buffer): Promise<Ticket> {
    const key = Buffer.concat([this.#prefix, Buffer.from(lease.toString(16))]);
    const put = PutRequest.create({ key, value, lease });
    const response = await this.#server.keyValues.txn({
      compare: [createdAt(key, 0n)],
      success: [{ request: { $case: 'requestPut', value: put } }],
      failure: [{ request: { $case: 'requestRange', value: RangeRequest.create({ key }) } }],
    });
    const existing = firstOf(response);
    if (existing === undefined) {
      return { key, lease, createRevision: response.header?.revision ?? 0n, value };
    }
    return { key, lease, createRevision: existing.createRevision, value: existing.value };
  }

  /** Resolves when no key created before the ticket's is left. */
  async untilFirst(ticket: Ticket, signal: AbortSignal): Promise<ResponseHeader | undefined> {
    for (;;) {
      const response = await this.#server.keyValues.range(
        RangeRequest.create({
          key: this.#prefix,
          rangeEnd: Buffer.from(prefixEnd(this.#prefix)),
          limit: 1n,
          sortOrder: RangeRequest_SortOrder.DESCEND,
          sortTarget: RangeRequest_SortTarget.CREATE,
          maxCreateRevision: ticket.createRevision - 1n,
        }),
      );
      const before = response.kvs[0];
      // A bound of 0 would mean "no bound": nothing is older than the first revision anyway.
      if (before === undefined || before.createRevision >= ticket.createRevision) {
        return response.header;
      }
      await this.#untilDeleted(before.key, Number(response.header?.revision ?? 0n) + 1, signal);
    }
  }

  /** The key at the head: who holds the lock, who leads. */
  async head(): Promise<{ header: ResponseHeader | undefined; kv: KeyValue | undefined }> {
    const { header, kvs } = await this.#server.keyValues.range(
      RangeRequest.create({
        key: this.#prefix,
        rangeEnd: Buffer.from(prefixEnd(this.#prefix)),
        limit: 1n,
        sortOrder: RangeRequest_SortOrder.ASCEND,
        sortTarget: RangeRequest_SortTarget.CREATE,
      }),
    );
    return { header, kv: kvs[0] };
  }

  /** Runs `operation` only if the key is still the one created at that revision. */
  ifStill(key: Buffer, createRevision: bigint, operation: RequestOp): Promise<TxnResponse> {
    return this.#server.keyValues.txn({
      compare: [createdAt(key, createRevision)],
      success: [operation],
      failure: [],
    });
  }

  get(key: Buffer) {
    return this.#server.keyValues.range(RangeRequest.create({ key }));
  }

  leave(key: Buffer) {
    return this.#server.keyValues.deleteRange(DeleteRangeRequest.create({ key }));
  }

  /** Every change under the name from a revision on. */
  changes(startRevision: number, signal: AbortSignal): AsyncIterable<WatchEvent> {
    const rangeEnd = prefixEnd(this.#prefix);
    return watchKey(this.#server.watch, { key: this.#prefix, rangeEnd, startRevision }, signal);
  }

  async #untilDeleted(key: Buffer, startRevision: number, signal: AbortSignal): Promise<void> {
    for await (const event of watchKey(this.#server.watch, { key, startRevision }, signal)) {
      if (event.type === 'delete') return;
    }
  }
}

function createdAt(key: Buffer, createRevision: bigint): Compare {
  return {
    result: Compare_CompareResult.EQUAL,
    target: Compare_CompareTarget.CREATE,
    key,
    targetUnion: { $case: 'createRevision', value: createRevision },
    rangeEnd: Buffer.alloc(0),
  };
}

/** What the failure branch found; undefined when the success branch ran. */
function firstOf({ succeeded, responses }: TxnResponse): KeyValue | undefined {
  const response = responses[0]?.response;
  if (succeeded || response?.$case !== 'responseRange') return undefined;
  return response.value.kvs[0];
}
