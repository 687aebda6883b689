import type { KeySpace } from '@etcd-ts/client';
import { cancelReasonOf } from '@etcd-ts/grpc-api';
import { bindService } from '@etcd-ts/rpc';
import type { BoundService, CallContext } from '@etcd-ts/rpc';
import type { ResponseHeader, WatchCreateRequest, WatchRequest } from '@etcd-ts/wire-protocol';
import {
  ERRORS,
  EtcdError,
  GrpcStatus,
  KVDefinition,
  RangeRequest,
  WatchDefinition,
} from '@etcd-ts/wire-protocol';
import type { ProxyMetrics } from '../metrics.js';
import type { SeenRevisions } from '../seen-revisions.js';
import { PATH_METADATA } from '../upstream/proxy-path.js';
import type { Upstream } from '../upstream/upstream.js';
import type { FeedSource } from './feed.js';
import { SharedWatch } from './shared-watch.js';
import { WatchStream } from './watch-stream.js';
import type { WatchTarget } from './watch-target.js';
import { identityOf, targetOf } from './watch-target.js';

export interface WatchParts {
  readonly upstream: Upstream;
  readonly space: KeySpace;
  readonly revisions: SeenRevisions;
  readonly metrics: ProxyMetrics;
}

export function watchService(parts: WatchParts): BoundService {
  const watches = new SharedWatches(parts);
  return bindService(WatchDefinition, {
    watch: async (incoming, call, out) => {
      const ending = new AbortController();
      const stream = new WatchStream({ out, end: (error) => ending.abort(error) });
      try {
        await Promise.race([
          serve(watches, stream, incoming, call, () => out.drained()),
          ended(ending.signal),
          ended(call.signal),
        ]);
      } catch (error) {
        const isCanceled = error instanceof EtcdError && error.code === GrpcStatus.Canceled;
        throw isCanceled ? ERRORS.WatchCanceled.error() : error;
      } finally {
        stream.close();
      }
    },
  });
}

async function serve(
  watches: SharedWatches,
  stream: WatchStream,
  incoming: AsyncIterable<WatchRequest>,
  call: CallContext,
  drained: () => Promise<void>,
): Promise<void> {
  for await (const { requestUnion } of incoming) {
    switch (requestUnion?.$case) {
      case 'createRequest':
        await watches.create(stream, requestUnion.value, call);
        break;
      case 'cancelRequest':
        stream.cancel(requestUnion.value.watchId);
        break;
      case 'progressRequest':
        stream.requestProgress();
        break;
      case undefined:
        break;
    }
    // A client that asks and does not read the answers is not read either.
    await drained();
  }
  // A half-closed client still listens.
  await ended(call.signal);
}

function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

class SharedWatches {
  readonly #parts: WatchParts;
  readonly #source: FeedSource;
  readonly #byIdentity = new Map<string, SharedWatch>();

  constructor(parts: WatchParts) {
    this.#parts = parts;
    const { client } = parts.upstream;
    const { prefix } = parts.space;
    this.#source = prefix.length === 0 ? client : client.namespace(prefix);
  }

  /**
   * The cluster is asked each time whether this user may see these keys: a watch that is shared was
   * permitted when it began, perhaps long ago. Its answer tells what "now" is as well.
   */
  async create(stream: WatchStream, request: WatchCreateRequest, call: CallContext): Promise<void> {
    const refusal = stream.refusal(request);
    if (refusal !== undefined) {
      stream.refuse(refusal);
      return;
    }
    const { upstream, revisions } = this.#parts;
    const target = targetOf(request, upstream.callerOf(call));
    let header: ResponseHeader;
    try {
      header = await this.#permit(target, call);
    } catch (error) {
      if (!(error instanceof EtcdError) || !isDenial(error)) throw error;
      stream.refuse(cancelReasonOf(error));
      return;
    }
    revisions.note(header);
    const path = call.metadata.get(PATH_METADATA);
    const shared = this.#find(target, upstream.metadataFor(target.caller, path));
    // Not before anything that a client can have seen through this proxy.
    const seen = [header.revision, revisions.highest, shared.trunkRevision ?? 0n];
    const revision = seen.reduce((a, b) => (a > b ? a : b));
    stream.create(request, shared, { ...header, revision });
  }

  async #permit({ key, rangeEnd }: WatchTarget, call: CallContext): Promise<ResponseHeader> {
    const { upstream, space } = this.#parts;
    const request = RangeRequest.fromPartial({
      ...space.outward({ key, rangeEnd }),
      serializable: true,
      countOnly: true,
      limit: 1n,
    });
    const calls = upstream.client.service(KVDefinition);
    const { header } = await calls.range(request, upstream.optionsFor(call));
    if (header === undefined) throw ERRORS.Stopped.error();
    return header;
  }

  #find(target: WatchTarget, metadata: Readonly<Record<string, string>>): SharedWatch {
    const identity = identityOf(target);
    const known = this.#byIdentity.get(identity);
    if (known !== undefined) return known;
    const { metrics, revisions } = this.#parts;
    const shared: SharedWatch = new SharedWatch({
      source: this.#source,
      target,
      metadata,
      metrics,
      currentRevision: () => revisions.highest,
      abandoned: () => {
        if (this.#byIdentity.get(identity) === shared) this.#byIdentity.delete(identity);
      },
    });
    this.#byIdentity.set(identity, shared);
    return shared;
  }
}

/** About the user, not about the cluster. */
function isDenial(error: EtcdError): boolean {
  const { InvalidAuthToken, AuthOldRevision, UserEmpty, PermissionDenied } = ERRORS;
  return [InvalidAuthToken, AuthOldRevision, UserEmpty, PermissionDenied].some((one) =>
    error.is(one),
  );
}
