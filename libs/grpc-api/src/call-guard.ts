import { NO_MEMBER } from '@etcd-ts/foundation';
import type { Clock, Logger } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';
import type { BoundMethod, BoundService, ByteSink, CallContext } from '@etcd-ts/rpc';
import type { MemberFacts } from '@etcd-ts/server';
import { ERRORS } from '@etcd-ts/wire-protocol';

import { abortable } from './abortable.js';

/** What a learner may be asked; a Range only if it is serializable. */
const FOR_LEARNERS = new Set([
  '/etcdserverpb.Maintenance/Status',
  '/etcdserverpb.Maintenance/Snapshot',
  '/etcdserverpb.KV/Range',
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/Watch',
]);

const PRINTABLE = /^[\x20-\x7e]*$/u;

export interface CallGuardParts {
  readonly facts: MemberFacts;
  readonly metrics: EtcdMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** --warning-unary-request-duration; 0: no such warnings. */
  readonly warningDurationMs: number;
  /** Aborts when the node stops: streams would otherwise last until their clients end them. */
  readonly stopping: AbortSignal;
}

/** The checks and the accounting that every method has in common. */
export function guardService(service: BoundService, parts: CallGuardParts): BoundService {
  return { ...service, methods: service.methods.map((method) => guardMethod(method, parts)) };
}

function guardMethod(method: BoundMethod, parts: CallGuardParts): BoundMethod {
  switch (method.type) {
    case 'unary': {
      const { handle } = method;
      return {
        ...method,
        handle: async (request: Uint8Array, call: CallContext) => {
          admit(call, 'unary', parts);
          const startedMs = parts.clock.monotonicMs();
          const response = await handle(request, call);
          warnIfSlow(call, request, response, startedMs, parts);
          return response;
        },
      };
    }
    case 'server_stream': {
      const { handle } = method;
      return {
        ...method,
        handle: async (request: Uint8Array, call: CallContext, out: ByteSink) => {
          admit(call, 'stream', parts);
          await handle(request, untilStop(call, parts), out);
        },
      };
    }
    case 'bidi_stream': {
      const { handle } = method;
      return {
        ...method,
        handle: async (incoming: AsyncIterable<Uint8Array>, call: CallContext, out: ByteSink) => {
          admit(call, 'stream', parts);
          const stoppable = untilStop(call, parts);
          await handle(abortable(incoming, stoppable.signal), stoppable, out);
        },
      };
    }
  }
}

function admit(call: CallContext, type: string, { facts, metrics }: CallGuardParts): void {
  const version = call.metadata.get('client-api-version') ?? 'unknown';
  // It becomes a label: what cannot be one must not reach the metrics.
  if (!PRINTABLE.test(version)) throw ERRORS.InvalidClientAPIVersion.error();
  metrics.server.clientRequests.with(type, version).inc();
  if (facts.isLearner() && !FOR_LEARNERS.has(call.method)) {
    throw ERRORS.NotSupportedForLearner.error();
  }
  if (call.metadata.get('hasleader') === 'true' && facts.leader() === NO_MEMBER) {
    throw ERRORS.NoLeader.error();
  }
}

function untilStop(call: CallContext, { stopping }: CallGuardParts): CallContext {
  const { metadata, deadlineMs, peer, method } = call;
  const signal = AbortSignal.any([call.signal, stopping]);
  return { metadata, deadlineMs, peer, method, signal };
}

function warnIfSlow(
  call: CallContext,
  request: Uint8Array,
  response: Uint8Array,
  startedMs: number,
  { clock, logger, warningDurationMs }: CallGuardParts,
): void {
  const tookMs = clock.monotonicMs() - startedMs;
  if (warningDurationMs === 0 || tookMs < warningDurationMs) return;
  logger.warn('request stats', {
    'time spent': `${tookMs.toFixed(3)}ms`,
    remote: call.peer,
    'response type': call.method,
    'request size': request.length,
    'response size': response.length,
  });
}
