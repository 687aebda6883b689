import type { AuthStore } from '@etcd-ts/auth';
import { must } from '@etcd-ts/foundation';
import type { Clock, Scheduler } from '@etcd-ts/foundation';
import type {
  EncodedRange,
  MvccStore,
  RangeRequest as DomainRangeRequest,
  RevisionUnavailable,
} from '@etcd-ts/mvcc';
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

import { permit, permitAdmin } from '../access/caller.js';
import type { Caller } from '../access/caller.js';
import { putCost, txnCost } from '../apply/cost.js';
import { countOperations, operationsOf } from '../apply/operation-count.js';
import type { Applied } from '../apply/outcome.js';
import type { KeyValueOperations, RangeStreamChunk } from '../etcd-server.js';
import { toDomainRange, toDomainTxn } from '../translate/request-translation.js';
import { toWireRange, toWireTxn } from '../translate/response-translation.js';
import type { SpaceCheck } from '../quota.js';
import type { Consensus } from './consensus.js';
import { isLongRange, readLongRange } from './long-range.js';
import { rangeChunks } from './range-chunks.js';

export interface KeyValuesParts {
  readonly auth: AuthStore;
  readonly consensus: Consensus;
  readonly store: MvccStore;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly metrics: EtcdMetrics;
  readonly maxRequestBytes: number;
  /** Fails with NoSpace, having raised the alarm, when so many bytes do not fit the quota. */
  readonly ensureSpace: SpaceCheck;
  /** Makes what the backend holds in memory part of its file, durably. */
  readonly commitBackend: () => Promise<void>;
}

type KeysOfRange = Pick<DomainRangeRequest, 'key' | 'rangeEnd'>;
type ReadOutcome<Result> = Result | RevisionUnavailable;

export class KeyValues implements KeyValueOperations {
  readonly #parts: KeyValuesParts;
  readonly #caller: Caller;

  constructor(parts: KeyValuesParts, caller: Caller) {
    this.#parts = parts;
    this.#caller = caller;
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    const { store } = this.#parts;
    return toWireRange(await this.#read(request, (domain) => store.range(domain)));
  }

  rangeEncoded(request: RangeRequest): Promise<EncodedRange> {
    const { store } = this.#parts;
    return this.#read(request, (domain) =>
      isLongRange(store, domain) ? this.#longRange(domain) : store.rangeEncoded(domain),
    );
  }

  async #longRange(request: DomainRangeRequest): Promise<ReadOutcome<EncodedRange>> {
    const { store, consensus } = this.#parts;
    const permitAgain = this.#permitsAgain(request);
    const range = await readLongRange(store, request, {
      time: this.#parts,
      mayGoOn: () => {
        consensus.checkRunning();
        return permitAgain();
      },
    });
    return range ?? store.rangeEncoded(request);
  }

  async #read<Result extends { readonly kind: 'ok' }>(
    request: RangeRequest,
    read: (request: DomainRangeRequest) => ReadOutcome<Result> | Promise<ReadOutcome<Result>>,
  ): Promise<Result> {
    const { consensus, clock, metrics } = this.#parts;
    const startedMs = clock.monotonicMs();
    let success = 'false';
    try {
      if (request.serializable) consensus.checkRunning();
      else await consensus.linearizable();
      // Between this and the answer nothing is waited for, so that it still holds then; a long
      // range asks again.
      if (this.#parts.auth.enabled) await this.#permitRange(request);
      const reading = read(toDomainRange(request));
      const outcome = reading instanceof Promise ? await reading : reading;
      if (outcome.kind !== 'ok') throw unavailable(outcome);
      success = 'true';
      return outcome;
    } finally {
      metrics.mvcc.range.inc();
      metrics.server.range.with(success).observe((clock.monotonicMs() - startedMs) / 1000);
    }
  }

  async *rangeStream(request: RangeRequest): AsyncIterable<RangeStreamChunk> {
    const { consensus, store, maxRequestBytes } = this.#parts;
    if (request.serializable) consensus.checkRunning();
    else await consensus.linearizable();
    this.#parts.metrics.mvcc.range.inc();
    await this.#permitRange(request);
    const permitAgain = this.#permitsAgain(request);
    for (const chunk of rangeChunks(store, toDomainRange(request), maxRequestBytes)) {
      yield chunk;
      await permitAgain();
    }
  }

  /** To be asked whenever time has passed: the right to go on may be lost. Asks if rights have changed. */
  #permitsAgain(range: KeysOfRange): () => Promise<void> {
    const { auth } = this.#parts;
    let { generation } = auth;
    return async () => {
      if (auth.generation === generation) return;
      // Before the question: a change while it is answered is for the next time.
      ({ generation } = auth);
      await this.#permitRange(range);
    };
  }

  async #permitRange({ key, rangeEnd }: KeysOfRange): Promise<void> {
    const { access } = this.#parts.auth;
    await permit(this.#caller, (info) => access.isRangePermitted(info, key, rangeEnd));
  }

  put(request: PutRequest): Promise<PutResponse> {
    const propose = (): Promise<PutResponse> =>
      this.#parts.consensus
        .propose({ put: request }, this.#caller)
        .then((applied) => expectKind(applied, 'put').response);
    const refusal = this.#parts.ensureSpace(putCost(request));
    return refusal === undefined ? propose() : refusal.then(propose);
  }

  async deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
    const applied = await this.#parts.consensus.propose({ deleteRange: request }, this.#caller);
    return expectKind(applied, 'deleteRange').response;
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    if (isReadOnly(request)) return this.#readOnlyTxn(request);
    await this.#parts.ensureSpace(txnCost(request));
    const applied = await this.#parts.consensus.propose({ txn: request }, this.#caller);
    return expectKind(applied, 'txn').response;
  }

  /** Not asked where it is applied: members compact on their own account, too. */
  async compact(request: CompactionRequest): Promise<CompactionResponse> {
    await permitAdmin(this.#parts.auth, this.#caller);
    const applied = await this.#parts.consensus.propose({ compaction: request }, this.#caller);
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
    const domain = toDomainTxn(request);
    const { auth, store } = this.#parts;
    if (auth.enabled) await permit(this.#caller, (info) => auth.requests.txn(info, domain));
    const outcome = store.txn(domain);
    if (outcome.kind === 'ok') {
      countOperations(this.#parts.metrics.mvcc, operationsOf(outcome.results));
      return toWireTxn(outcome);
    }
    throw outcome.failure === 'compacted' ? ERRORS.Compacted.error() : ERRORS.FutureRev.error();
  }
}

/** Only ranges at the top level of both branches; a nested transaction counts as a write. */
export function isReadOnly(request: TxnRequest): boolean {
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
