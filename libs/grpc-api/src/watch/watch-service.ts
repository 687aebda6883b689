import type { Clock, Rng, Scheduler } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { bindService } from '@etcd-ts/rpc';
import type { BoundService, CallContext, ResponseStream } from '@etcd-ts/rpc';
import type { EtcdServer, WatchOperations, WatchPermission } from '@etcd-ts/server';
import { ERRORS, EtcdError, WatchDefinition } from '@etcd-ts/wire-protocol';
import type { WatchCreateRequest, WatchRequest, WatchResponse } from '@etcd-ts/wire-protocol';

import { ended } from '../health-service.js';
import { countStreamFailure, isCanceledByClient } from '../stream-failure.js';
import { cancelReasonOf, watchKey } from './create-request.js';
import { EventEncoder } from './event-encoder.js';
import { WatchStream } from './watch-stream.js';

/** Streams tick apart by up to this share of the interval, or all would wake at once. */
const PROGRESS_JITTER = 0.1;

export interface WatchServiceParts {
  readonly server: EtcdServer;
  readonly metrics: EtcdMetrics;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly rng: Rng;
}

export function watchService(parts: WatchServiceParts): BoundService {
  const { server, metrics, clock, scheduler, rng } = parts;
  const { facts, watch } = server;
  const encoder = new EventEncoder(watch, facts, clock);
  const observer = {
    eventsSent: (count: number, seconds: number) => {
      metrics.server.watchSend.observe(seconds);
      metrics.server.watchSendPerEvent.observe(seconds / count);
    },
    controlSent: (seconds: number) => metrics.server.watchControl.observe(seconds),
    progressSent: (seconds: number) => metrics.server.watchProgress.observe(seconds),
  };

  const serve = async (
    incoming: AsyncIterable<WatchRequest>,
    call: CallContext,
    out: ResponseStream<WatchResponse>,
  ): Promise<void> => {
    const stream = new WatchStream({ facts, clock, watch, encoder, out, observer });
    const { permit } = server.as(call).watch;
    const intervalMs = watch.progressNotifyIntervalMs * (1 + PROGRESS_JITTER * rng.next());
    const cancelTicks = scheduler.every(intervalMs, () => stream.tick());
    metrics.mvcc.watchStreams.inc();
    try {
      for await (const request of incoming) {
        await dispatch(stream, permit, request);
        // A client that asks and does not read the answers is not read either.
        await out.drained();
      }
      // A half-closed client still listens.
      await ended(call);
    } catch (error) {
      countStreamFailure(metrics, 'watch', error);
      throw isCanceledByClient(error) ? ERRORS.WatchCanceled.error() : error;
    } finally {
      cancelTicks();
      stream.close();
      metrics.mvcc.watchStreams.dec();
    }
  };
  return bindService(WatchDefinition, { watch: serve });
}

async function dispatch(
  stream: WatchStream,
  permit: WatchOperations['permit'],
  { requestUnion }: WatchRequest,
): Promise<void> {
  switch (requestUnion?.$case) {
    case 'createRequest':
      return create(stream, permit, requestUnion.value);
    case 'cancelRequest':
      return stream.cancel(requestUnion.value.watchId);
    case 'progressRequest':
      return stream.requestProgress();
    case undefined:
      // Something newer clients know; etcd ignores it too.
      return;
  }
}

/**
 * Whether the caller may is asked for the range as it came: an end of a single zero byte is no end,
 * and who takes it for none at all permits every later key to the reader of one (GHSA-xg4h-6gfc-h4m8).
 * A refusal ends this watch and not the stream.
 */
async function create(
  stream: WatchStream,
  permit: WatchOperations['permit'],
  request: WatchCreateRequest,
): Promise<void> {
  let permission: WatchPermission;
  try {
    permission = await permit(watchKey(request), request.rangeEnd);
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    stream.refuse(cancelReasonOf(error));
    return;
  }
  stream.create(request, permission);
}
