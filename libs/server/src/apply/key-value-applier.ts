import { unreachable } from '@etcd-ts/foundation';
import type { Revision } from '@etcd-ts/foundation';
import type { EncodedPut, Failed, MvccStore, OperationResult } from '@etcd-ts/mvcc';
import type { MvccMetrics } from '@etcd-ts/observability';
import { EtcdError, ERRORS } from '@etcd-ts/wire-protocol';
import type {
  CompactionRequest,
  DeleteRangeRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
} from '@etcd-ts/wire-protocol';

import { toDomainDeleteRange, toDomainPut, toDomainTxn } from '../translate/request-translation.js';
import { revisionHeader, toWireKeyValue, toWireTxn } from '../translate/response-translation.js';
import { countOperations, operationsOf } from './operation-count.js';
import type { ApplyOutcome } from './outcome.js';
import { applied, refused } from './outcome.js';

/** The key-value part of applying an entry: wire request in, outcome with wire response out. */
export class KeyValueApplier {
  readonly #store: MvccStore;
  readonly #metrics: MvccMetrics;
  readonly #compactionScheduled: () => Promise<void>;

  /** `compactionScheduled` starts removing rows; what it returns settles when they are gone. */
  constructor(store: MvccStore, metrics: MvccMetrics, compactionScheduled: () => Promise<void>) {
    this.#store = store;
    this.#metrics = metrics;
    this.#compactionScheduled = compactionScheduled;
  }

  put(request: PutRequest): ApplyOutcome {
    const outcome = this.#store.put(toDomainPut(request));
    if (outcome.kind === 'failed') return refused(failureError(outcome));
    this.#metrics.put.inc();
    this.#metrics.totalPutSize.inc(request.key.length + request.value.length);
    return applied({
      kind: 'put',
      response: {
        header: revisionHeader(outcome.revision),
        prevKv: outcome.prevKv && toWireKeyValue(outcome.prevKv),
      },
    });
  }

  plainPut(put: EncodedPut): Revision | EtcdError {
    const outcome = this.#store.putEncoded(put);
    if (typeof outcome !== 'number') return ERRORS.LeaseNotFound.error();
    this.#metrics.put.inc();
    this.#metrics.totalPutSize.inc(put.keyEnd - put.keyStart + put.valueEnd - put.valueStart);
    return outcome;
  }

  deleteRange(request: DeleteRangeRequest): ApplyOutcome {
    const outcome = this.#store.deleteRange(toDomainDeleteRange(request));
    this.#metrics.delete.inc();
    return applied({
      kind: 'deleteRange',
      response: {
        header: revisionHeader(outcome.revision),
        deleted: BigInt(outcome.deleted),
        prevKvs: outcome.prevKvs.map(toWireKeyValue),
      },
    });
  }

  txn(request: TxnRequest): ApplyOutcome {
    const outcome = this.#store.txn(toDomainTxn(request));
    if (outcome.kind === 'failed') return refused(failureError(outcome));
    countOperations(this.#metrics, operationsOf(outcome.results));
    const branch = outcome.succeeded ? request.success : request.failure;
    this.#metrics.totalPutSize.inc(putBytes(branch, outcome.results));
    return applied({ kind: 'txn', response: toWireTxn(outcome) });
  }

  compact(request: CompactionRequest): ApplyOutcome {
    const outcome = this.#store.compact(Number(request.revision));
    switch (outcome.kind) {
      case 'compacted':
        return refused(ERRORS.Compacted.error());
      case 'future':
        return refused(ERRORS.FutureRev.error());
      case 'scheduled':
        return applied({
          kind: 'compaction',
          response: { header: revisionHeader(this.#store.currentRevision) },
          removed: this.#compactionScheduled(),
        });
      default:
        return unreachable(outcome, 'compaction outcome');
    }
  }
}

/** Keys and values that these operations, executed with these results, have put. */
function putBytes(operations: readonly RequestOp[], results: readonly OperationResult[]): number {
  let bytes = 0;
  for (const [i, { request }] of operations.entries()) {
    const result = results[i];
    if (request?.$case === 'requestPut') {
      bytes += request.value.key.length + request.value.value.length;
    } else if (request?.$case === 'requestTxn' && result?.kind === 'txn') {
      const { success, failure } = request.value;
      bytes += putBytes(result.succeeded ? success : failure, result.results);
    }
  }
  return bytes;
}

function failureError({ failure }: Failed): EtcdError {
  switch (failure) {
    case 'leaseNotFound':
      return ERRORS.LeaseNotFound.error();
    case 'keyNotFound':
      return ERRORS.KeyNotFound.error();
    case 'compacted':
      return ERRORS.Compacted.error();
    case 'futureRevision':
      return ERRORS.FutureRev.error();
    default:
      return unreachable(failure, 'write failure');
  }
}
