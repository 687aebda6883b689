import { must } from '@etcd-ts/foundation';
import type { Clock } from '@etcd-ts/foundation';
import type { MvccStore, RevisionUnavailable } from '@etcd-ts/mvcc';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { ERRORS } from '@etcd-ts/wire-protocol';
import type {
  CompactionRequest,
  CompactionResponse,
  DeleteRangeRequest,
  DeleteRangeResponse,
  EtcdError,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  TxnRequest,
  TxnResponse,
} from '@etcd-ts/wire-protocol';

import { putCost, txnCost } from '../apply/cost.js';
import { countOperations, operationsOf } from '../apply/operation-count.js';
import type { Applied } from '../apply/outcome.js';
import type { KeyValueOperations } from '../etcd-server.js';
import { toDomainRange, toDomainTxn } from '../translate/request-translation.js';
import { toWireRange, toWireTxn } from '../translate/response-translation.js';
import type { SpaceCheck } from '../quota.js';
import type { Consensus } from './consensus.js';
import { rangeChunks } from './range-chunks.js';

export interface KeyValuesParts {
  readonly consensus: Consensus;
  readonly store: MvccStore;
  readonly clock: Clock;
  readonly metrics: EtcdMetrics;
  readonly maxRequestBytes: number;
  /** Fails with NoSpace, having raised the alarm, when so many bytes do not fit the quota. */
  readonly ensureSpace: SpaceCheck;
  /** Makes what the backend holds in memory part of its file, durably. */
  readonly commitBackend: () => Promise<void>;
}

export class KeyValues implements KeyValueOperations {
  readonly #parts: KeyValuesParts;

  constructor(parts: KeyValuesParts) {
    this.#parts = parts;
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    const { consensus, store, clock, metrics } = this.#parts;
    const startedMs = clock.monotonicMs();
    let success = 'false';
    try {
      if (request.serializable) consensus.checkRunning();
      else await consensus.linearizable();
      const outcome = store.range(toDomainRange(request));
      if (outcome.kind !== 'ok') throw unavailable(outcome);
      success = 'true';
      return toWireRange(outcome);
    } finally {
      metrics.mvcc.range.inc();
      metrics.server.range.with(success).observe((clock.monotonicMs() - startedMs) / 1000);
    }
  }

  async *rangeStream(request: RangeRequest): AsyncIterable<RangeResponse> {
    const { consensus } = this.#parts;
    if (request.serializable) consensus.checkRunning();
    else await consensus.linearizable();
    this.#parts.metrics.mvcc.range.inc();
    yield* rangeChunks(this.#parts.store, request, this.#parts.maxRequestBytes);
  }

  put(request: PutRequest): Promise<PutResponse> {
    const propose = (): Promise<PutResponse> =>
      this.#parts.consensus
        .propose({ put: request })
        .then((applied) => expectKind(applied, 'put').response);
    const refusal = this.#parts.ensureSpace(putCost(request));
    return refusal === undefined ? propose() : refusal.then(propose);
  }

  async deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
    const applied = await this.#parts.consensus.propose({ deleteRange: request });
    return expectKind(applied, 'deleteRange').response;
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    if (isReadOnly(request)) return this.#readOnlyTxn(request);
    await this.#parts.ensureSpace(txnCost(request));
    const applied = await this.#parts.consensus.propose({ txn: request });
    return expectKind(applied, 'txn').response;
  }

  async compact(request: CompactionRequest): Promise<CompactionResponse> {
    const applied = await this.#parts.consensus.propose({ compaction: request });
    const { response, removed } = expectKind(applied, 'compaction');
    if (request.physical) {
      await removed;
      await this.#parts.commitBackend();
    }
    return response;
  }

  async #readOnlyTxn(request: TxnRequest): Promise<TxnResponse> {
    const { consensus } = this.#parts;
    if (isSerializable(request)) consensus.checkRunning();
    else await consensus.linearizable();
    const outcome = this.#parts.store.txn(toDomainTxn(request));
    if (outcome.kind === 'ok') {
      countOperations(this.#parts.metrics.mvcc, operationsOf(outcome.results));
      return toWireTxn(outcome);
    }
    throw outcome.failure === 'compacted' ? ERRORS.Compacted.error() : ERRORS.FutureRev.error();
  }
}

/** Only ranges at the top level of both branches; a nested transaction counts as a write. */
function isReadOnly(request: TxnRequest): boolean {
  const isRange = ({ request: operation }: RequestOp): boolean =>
    operation?.$case === 'requestRange';
  return request.success.every(isRange) && request.failure.every(isRange);
}

function isSerializable(request: TxnRequest): boolean {
  const serializable = ({ request: operation }: RequestOp): boolean =>
    operation?.$case === 'requestRange' && operation.value.serializable;
  return request.success.every(serializable) && request.failure.every(serializable);
}

export function unavailable(outcome: RevisionUnavailable): EtcdError {
  return outcome.kind === 'compacted' ? ERRORS.Compacted.error() : ERRORS.FutureRev.error();
}

/** The applier answers each request with its own kind. */
export function expectKind<Kind extends Applied['kind']>(
  applied: Applied,
  kind: Kind,
): Extract<Applied, { kind: Kind }> {
  return must(
    applied.kind === kind ? (applied as Extract<Applied, { kind: Kind }>) : undefined,
    () => `applied ${applied.kind} where ${kind} was proposed`,
  );
}
