import type { KeySpace } from '@etcd-ts/client';
import type {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '@etcd-ts/wire-protocol';
import { ERRORS } from '@etcd-ts/wire-protocol';

/** Nesting of transactions that is followed; the cluster refuses far less. */
const MAX_DEPTH = 64;

/**
 * Requests as the cluster has to see them: every key behind the namespace's prefix, every range
 * within it. A request without a key is refused here, where the prefix would make it one.
 */
export class OutwardRequests {
  readonly #space: KeySpace;

  constructor(space: KeySpace) {
    this.#space = space;
  }

  range(request: RangeRequest): RangeRequest {
    return this.#ranged(request);
  }

  put(request: PutRequest): PutRequest {
    return { ...request, key: this.#key(request.key) };
  }

  deleteRange(request: DeleteRangeRequest): DeleteRangeRequest {
    return this.#ranged(request);
  }

  txn(request: TxnRequest, depth = 0): TxnRequest {
    if (depth > MAX_DEPTH) throw ERRORS.TooManyOps.error();
    const operation = (op: RequestOp): RequestOp => this.#operation(op, depth);
    return {
      compare: request.compare.map((compare): Compare => this.#ranged(compare)),
      success: request.success.map(operation),
      failure: request.failure.map(operation),
    };
  }

  /** The end of a range never empties it of the key that the cluster would have complained about. */
  #ranged<Request extends { key: Buffer; rangeEnd: Buffer }>(request: Request): Request {
    if (request.key.length === 0) throw ERRORS.EmptyKey.error();
    return { ...request, ...this.#space.outward(request) };
  }

  #key(key: Buffer): Buffer {
    if (key.length === 0) throw ERRORS.EmptyKey.error();
    return Buffer.concat([this.#space.prefix, key]);
  }

  #operation({ request }: RequestOp, depth: number): RequestOp {
    switch (request?.$case) {
      case 'requestRange':
        return { request: { $case: 'requestRange', value: this.range(request.value) } };
      case 'requestPut':
        return { request: { $case: 'requestPut', value: this.put(request.value) } };
      case 'requestDeleteRange':
        return { request: { $case: 'requestDeleteRange', value: this.deleteRange(request.value) } };
      case 'requestTxn':
        return { request: { $case: 'requestTxn', value: this.txn(request.value, depth + 1) } };
      case undefined:
        return { request };
    }
  }
}
