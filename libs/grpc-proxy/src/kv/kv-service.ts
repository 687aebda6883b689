import type { KeySpace } from '@etcd-ts/client';
import { bindService } from '@etcd-ts/rpc';
import type { BoundService, CallContext, ServiceClient } from '@etcd-ts/rpc';
import { EtcdError, GrpcStatus, KVDefinition, RangeRequest } from '@etcd-ts/wire-protocol';
import type { RangeResponse, RequestOp, ResponseHeader, TxnRequest } from '@etcd-ts/wire-protocol';
import type { ProxyMetrics } from '../metrics.js';
import { InwardResponses } from '../namespace/responses.js';
import { OutwardRequests } from '../namespace/requests.js';
import type { Upstream } from '../upstream/upstream.js';
import type { SeenRevisions } from '../seen-revisions.js';
import type { RangeCache } from './range-cache.js';
import { cachedKeys } from './range-cache.js';

/** As the original: each member is asked so often for an answer that is not too old. */
const ORDER_ATTEMPTS_PER_ENDPOINT = 5;

export interface KvParts {
  readonly upstream: Upstream;
  readonly space: KeySpace;
  readonly cache: RangeCache;
  readonly revisions: SeenRevisions;
  /** --experimental-serializable-ordering: no answer is older than one given before. */
  readonly isOrdered: boolean;
  readonly metrics: ProxyMetrics;
}

export function kvService(parts: KvParts): BoundService {
  const { upstream, space, cache, revisions } = parts;
  const calls = upstream.client.service(KVDefinition);
  const outward = new OutwardRequests(space);
  const inward = new InwardResponses(space);
  const reads = new Reads(parts, calls);
  /** Whatever became of a write, what was known of its keys is not known any more. */
  const writing = async <Answer extends { header: ResponseHeader | undefined }>(
    written: readonly { key: Buffer; rangeEnd: Buffer }[],
    answering: Promise<Answer>,
  ): Promise<Answer> => {
    try {
      const answer = await answering;
      revisions.note(answer.header);
      return answer;
    } finally {
      for (const keys of written) cache.invalidate(cachedKeys(keys));
      parts.metrics.proxyCacheKeys.set(cache.size);
    }
  };
  return bindService(KVDefinition, {
    range: async (request, call) => inward.range(await reads.range(outward.range(request), call)),
    rangeStream: async (request, call, out) => {
      const options = upstream.optionsFor(call);
      for await (const { rangeResponse } of calls.rangeStream(outward.range(request), options)) {
        const answer = rangeResponse === undefined ? undefined : inward.range(rangeResponse);
        if (!out.write({ rangeResponse: answer })) await out.drained();
      }
    },
    put: async (request, call) => {
      const put = outward.put(request);
      const written = [{ key: put.key, rangeEnd: NO_END }];
      return inward.put(await writing(written, calls.put(put, upstream.optionsFor(call))));
    },
    deleteRange: async (request, call) => {
      const deletion = outward.deleteRange(request);
      const answering = calls.deleteRange(deletion, upstream.optionsFor(call));
      return inward.deleteRange(await writing([deletion], answering));
    },
    txn: async (request, call) => {
      const txn = outward.txn(request);
      const answering = calls.txn(txn, upstream.optionsFor(call));
      return inward.txn(await writing([...writtenBy(txn)], answering));
    },
    compact: async (request, call) => {
      const answer = await calls.compact(request, upstream.optionsFor(call));
      cache.clear();
      return answer;
    },
  });
}

const NO_END = Buffer.alloc(0);

/** What either branch may write. */
function* writtenBy({
  success,
  failure,
}: TxnRequest): Generator<{ key: Buffer; rangeEnd: Buffer }> {
  for (const { request } of [...success, ...failure] satisfies RequestOp[]) {
    if (request?.$case === 'requestPut') yield { key: request.value.key, rangeEnd: NO_END };
    if (request?.$case === 'requestDeleteRange') yield request.value;
    if (request?.$case === 'requestTxn') yield* writtenBy(request.value);
  }
}

/** Linearizable reads always go to the cluster; only serializable ones may be answered from here. */
class Reads {
  readonly #parts: KvParts;
  readonly #calls: ServiceClient<KVDefinition>;

  constructor(parts: KvParts, calls: ServiceClient<KVDefinition>) {
    this.#parts = parts;
    this.#calls = calls;
  }

  async range(request: RangeRequest, call: CallContext): Promise<RangeResponse> {
    const { cache, metrics, upstream, revisions } = this.#parts;
    const id = cacheId(request, upstream.callerOf(call).token);
    if (request.serializable) {
      const known = cache.get(id);
      if (known !== undefined && !this.#isTooOld(known)) {
        metrics.proxyCacheHits.inc();
        return known;
      }
      metrics.proxyCacheMisses.inc();
    }
    const stamp = cache.stamp();
    const answer = await this.#ask(request, call);
    revisions.note(answer.header);
    cache.add(id, cachedKeys(request), answer, stamp);
    metrics.proxyCacheKeys.set(cache.size);
    return answer;
  }

  async #ask(request: RangeRequest, call: CallContext): Promise<RangeResponse> {
    const { upstream } = this.#parts;
    const attempts = ORDER_ATTEMPTS_PER_ENDPOINT * upstream.client.endpoints.length;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const answer = await this.#calls.range(request, upstream.optionsFor(call));
      if (!request.serializable || !this.#isTooOld(answer)) return answer;
    }
    throw new EtcdError({
      code: GrpcStatus.Unknown,
      message:
        'etcdclient: no cluster members have a revision higher than the previously received revision',
    });
  }

  #isTooOld({ header }: RangeResponse): boolean {
    const { isOrdered, revisions } = this.#parts;
    return isOrdered && (header?.revision ?? 0n) < revisions.highest;
  }
}

/** A read is the same for the same user only: what one may see another may not. */
function cacheId(request: RangeRequest, token: string): string {
  const bytes = RangeRequest.encode({ ...request, serializable: true }).finish();
  return `${token}\n${Buffer.from(bytes).toString('latin1')}`;
}
