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
import type {
  KeyValue,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  TxnResponse,
} from '@etcd-ts/wire-protocol';

import { checkTxn } from '../request-validation.js';
import { watchKey } from './key-watch.js';

/** Seconds a session lease lasts that the server had to make itself (etcd: 60). */
const SESSION_TTL_SECONDS = 60n;

/** A key of ours among those under one name; who created theirs first is at the head. */
export interface Ticket {
  readonly key: Buffer;
  readonly lease: bigint;
  readonly createRevision: bigint;
  /** As the key had it: what was put, or what an earlier call with the same lease did. */
  readonly value: Buffer;
  /** Whether nobody was before it when it was taken. */
  readonly isFirst: boolean;
  readonly header: ResponseHeader | undefined;
}

/**
 * The recipe below locks and elections: everybody puts a key under `<name>/`, bound to a lease,
 * and waits for all keys created before to go.
 */
export class QueueOfKeys {
  readonly #server: EtcdServer;
  readonly #prefix: Buffer;
  readonly #head: RangeRequest;

  constructor(server: EtcdServer, name: Uint8Array) {
    this.#server = server;
    this.#prefix = Buffer.concat([name, Buffer.from('/')]);
    this.#head = this.#oneOf(RangeRequest_SortOrder.ASCEND);
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
    const own = RangeRequest.create({ key });
    const head: RequestOp = { request: { $case: 'requestRange', value: this.#head } };
    const response = await this.#txn({
      compare: [createdAt(key, 0n)],
      success: [{ request: { $case: 'requestPut', value: put } }, head],
      failure: [{ request: { $case: 'requestRange', value: own } }, head],
    });
    const existing = rangeAnswer(response, 0)?.kvs[0];
    const createRevision = existing?.createRevision ?? response.header?.revision ?? 0n;
    const first = rangeAnswer(response, 1)?.kvs[0];
    return {
      key,
      lease,
      createRevision,
      value: existing?.value ?? value,
      isFirst: first?.createRevision === createRevision,
      header: response.header,
    };
  }

  /** Resolves when no key created before the ticket's is left. */
  async untilFirst(ticket: Ticket, signal: AbortSignal): Promise<void> {
    const before = this.#oneOf(RangeRequest_SortOrder.DESCEND);
    // Never 0, which would mean "no bound": revision 1 is the empty store's.
    before.maxCreateRevision = ticket.createRevision - 1n;
    let isFirst = ticket.isFirst;
    while (!isFirst) {
      const { header, kvs } = await this.#server.keyValues.range(before);
      const [last] = kvs;
      isFirst = last === undefined;
      // The one right before ours: if all waited for the head, its end would wake them all.
      if (last !== undefined) await this.#untilDeleted(last.key, after(header), signal);
    }
  }

  /** The key at the head: who holds the lock, who leads. */
  async head(): Promise<{ header: ResponseHeader | undefined; kv: KeyValue | undefined }> {
    const { header, kvs } = await this.#server.keyValues.range(this.#head);
    return { header, kv: kvs[0] };
  }

  /** Runs `operation` only if the key is still the one created at that revision. */
  ifStill(key: Buffer, createRevision: bigint, operation: RequestOp): Promise<TxnResponse> {
    return this.#txn({
      compare: [createdAt(key, createRevision)],
      success: [operation],
      failure: [],
    });
  }

  get(key: Buffer): Promise<RangeResponse> {
    return this.#server.keyValues.range(RangeRequest.create({ key }));
  }

  async leave({ key }: Ticket): Promise<void> {
    await this.#server.keyValues.deleteRange(DeleteRangeRequest.create({ key }));
  }

  /** Every change under the name after what a header has seen. */
  changes(seen: ResponseHeader | undefined, signal: AbortSignal): AsyncIterable<WatchEvent> {
    const rangeEnd = prefixEnd(this.#prefix);
    const watch = { key: this.#prefix, rangeEnd, startRevision: after(seen) };
    return watchKey(this.#server.watch, watch, signal);
  }

  /** Every change of one key from a revision on. */
  changesOf(key: Buffer, startRevision: number, signal: AbortSignal): AsyncIterable<WatchEvent> {
    return watchKey(this.#server.watch, { key, startRevision }, signal);
  }

  async #untilDeleted(key: Buffer, startRevision: number, signal: AbortSignal): Promise<void> {
    for await (const event of this.changesOf(key, startRevision, signal)) {
      if (event.type === 'delete') return;
    }
  }

  #oneOf(sortOrder: RangeRequest_SortOrder): RangeRequest {
    return RangeRequest.create({
      key: this.#prefix,
      rangeEnd: Buffer.from(prefixEnd(this.#prefix)),
      limit: 1n,
      sortOrder,
      sortTarget: RangeRequest_SortTarget.CREATE,
    });
  }

  async #txn(request: Parameters<typeof checkTxn>[0]): Promise<TxnResponse> {
    // Keys may come from a client, in a LeaderKey: as if it had sent the transaction itself.
    checkTxn(request, this.#server.facts.maxTxnOperations);
    return this.#server.keyValues.txn(request);
  }
}

function after(header: ResponseHeader | undefined): number {
  return Number(header?.revision ?? 0n) + 1;
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

function rangeAnswer({ responses }: TxnResponse, at: number): RangeResponse | undefined {
  const response = responses[at]?.response;
  return response?.$case === 'responseRange' ? response.value : undefined;
}
