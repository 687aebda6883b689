import { NO_MEMBER } from '@etcd-ts/foundation';
import type { Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import type { Counter, EtcdMetrics } from '@etcd-ts/observability';
import { answerBy } from '@etcd-ts/rpc';
import type {
  BoundMethod,
  BoundService,
  ByteSink,
  CallContext,
  SlowCalls,
  UnaryAnswer,
} from '@etcd-ts/rpc';
import type { MemberFacts } from '@etcd-ts/server';
import { ERRORS } from '@etcd-ts/wire-protocol';

import { abortable } from './abortable.js';
import { ClientVersions } from './client-versions.js';
import { LeaderLoss } from './leader-loss.js';
import { requestStats } from './request-stats.js';
import { RunningCalls } from './running-calls.js';

/** What a learner may be asked. Of Range only the serializable kind: the service looks at that. */
const FOR_LEARNERS = new Set([
  '/etcdserverpb.Maintenance/Status',
  '/etcdserverpb.Maintenance/Snapshot',
  '/etcdserverpb.KV/Range',
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/Watch',
]);

/** Unary, but they wait for other clients: like a stream, they must not hold up a stopping node. */
const WAITING = new Set(['/v3lockpb.Lock/Lock', '/v3electionpb.Election/Campaign']);

export interface CallGuardParts {
  readonly facts: MemberFacts;
  readonly metrics: EtcdMetrics;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** --warning-unary-request-duration; 0: no such warnings. */
  readonly warningDurationMs: number;
  /** Aborts when the node stops: streams would otherwise last until their clients end them. */
  readonly stopping: AbortSignal;
}

type DirectHandle = Exclude<MethodOf<'unary'>['direct'], undefined>;
type Handle = MethodOf<'unary'>['handle'];
type MethodOf<Type extends BoundMethod['type']> = Extract<BoundMethod, { type: Type }>;

/** The checks and the accounting that every method has in common. */
export class CallGuard {
  readonly #parts: CallGuardParts;
  readonly #versions = new ClientVersions();
  #unaryVersion: string | undefined;
  #unaryCount: Counter | undefined;
  readonly #running: RunningCalls;
  readonly #leaderLoss: LeaderLoss;
  readonly #slow: SlowCalls;

  constructor(parts: CallGuardParts) {
    this.#parts = parts;
    this.#running = new RunningCalls(parts.stopping);
    const { scheduler, facts, stopping } = parts;
    this.#leaderLoss = new LeaderLoss(scheduler, facts.electionTimeoutMs, () => facts.leader());
    stopping.addEventListener('abort', () => this.#leaderLoss.stop(), { once: true });
    const longerThanMs = parts.warningDurationMs || Infinity;
    this.#slow = {
      ended: (call, request, response, tookMs) => {
        if (tookMs > longerThanMs) this.#warn(call, request, response, tookMs);
      },
    };
  }

  guard(service: BoundService): BoundService {
    return { ...service, methods: service.methods.map((method) => this.#guarded(method)) };
  }

  #guarded(method: BoundMethod): BoundMethod {
    switch (method.type) {
      case 'unary':
        return this.#unary(method);
      case 'server_stream':
        return {
          ...method,
          handle: async (request: Uint8Array, call: CallContext, out: ByteSink) => {
            this.#admit(call, 'stream');
            await this.#stream(call, (running) => method.handle(request, running, out));
          },
        };
      case 'bidi_stream':
        return {
          ...method,
          handle: async (incoming: AsyncIterable<Uint8Array>, call: CallContext, out: ByteSink) => {
            this.#admit(call, 'stream');
            await this.#stream(call, (running) =>
              method.handle(abortable(incoming, running.signal), running, out),
            );
          },
        };
    }
  }

  #unary(method: MethodOf<'unary'>): BoundMethod {
    const waits = WAITING.has(method.path);
    const { direct } = method;
    return {
      ...method,
      ...(direct && { direct: this.#direct(direct, method.handle) }),
      handle: (request: Uint8Array, call: CallContext) => {
        this.#admit(call, 'unary');
        const startedMs = this.#parts.clock.monotonicMs();
        const answer = waits
          ? this.#running.run(call, async (running) => method.handle(request, running))
          : method.handle(request, call);
        // What is answered at once was not slow.
        if (!(answer instanceof Promise)) return answer;
        return answer.then(
          (response) => {
            this.warnIfSlow(call, request, response, startedMs);
            return response;
          },
          (error: unknown) => {
            this.warnIfSlow(call, request, undefined, startedMs);
            throw error;
          },
        );
      },
    };
  }

  #direct(direct: DirectHandle, handle: Handle): DirectHandle {
    return (request, call, answer) => {
      try {
        this.#admit(call, 'unary');
      } catch (error) {
        answer.refuse(error);
        return true;
      }
      if (!direct(request, call, answer, this.#slow)) {
        answerBy(new TimedAnswer(this, call, request, answer), () => handle(request, call));
      }
      return true;
    };
  }

  /** By the clock of its warnings. */
  now(): number {
    return this.#parts.clock.monotonicMs();
  }

  #stream(call: CallContext, handle: (running: CallContext) => Promise<void>): Promise<void> {
    if (!requiresLeader(call)) return this.#running.run(call, handle);
    return this.#running.run(call, handle, (controller) => this.#leaderLoss.concerns(controller));
  }

  #admit(call: CallContext, type: 'unary' | 'stream'): void {
    const { facts } = this.#parts;
    if (facts.isLearner() && !FOR_LEARNERS.has(call.method)) {
      throw ERRORS.NotSupportedForLearner.error();
    }
    const version = this.#versions.label(call.metadata.get('client-api-version'));
    if (version === undefined) throw ERRORS.InvalidClientAPIVersion.error();
    this.#countOf(type, version).inc();
    if (requiresLeader(call) && facts.leader() === NO_MEMBER) {
      throw ERRORS.NoLeader.error();
    }
  }

  /** Most calls are unary, and of one version: that counter is found without looking. */
  #countOf(type: 'unary' | 'stream', version: string): Counter {
    if (type === 'unary' && version === this.#unaryVersion && this.#unaryCount !== undefined) {
      return this.#unaryCount;
    }
    const count = this.#parts.metrics.server.clientRequests.with(type, version);
    if (type === 'unary') {
      this.#unaryVersion = version;
      this.#unaryCount = count;
    }
    return count;
  }

  /** Undefined: it was refused. */
  warnIfSlow(
    call: CallContext,
    request: Uint8Array,
    response: Uint8Array | undefined,
    startedMs: number,
  ): void {
    this.#slow.ended(call, request, response, this.now() - startedMs);
  }

  #warn(
    call: CallContext,
    request: Uint8Array,
    response: Uint8Array | undefined,
    tookMs: number,
  ): void {
    const { clock, logger } = this.#parts;
    logger.warn('request stats', {
      'start time': new Date(clock.wallMs() - tookMs).toISOString(),
      'time spent': `${tookMs.toFixed(3)}ms`,
      remote: call.peer,
      'response type': call.method,
      ...requestStats(call.method, request, response),
    });
  }
}

/** Passes the answer of one call on, and looks how long it has taken. */
class TimedAnswer implements UnaryAnswer {
  readonly #guard: CallGuard;
  readonly #call: CallContext;
  readonly #request: Uint8Array;
  readonly #answer: UnaryAnswer;
  readonly #startedMs: number;

  constructor(guard: CallGuard, call: CallContext, request: Uint8Array, answer: UnaryAnswer) {
    this.#guard = guard;
    this.#call = call;
    this.#request = request;
    this.#answer = answer;
    this.#startedMs = guard.now();
  }

  answer(response: Uint8Array): void {
    this.#guard.warnIfSlow(this.#call, this.#request, response, this.#startedMs);
    this.#answer.answer(response);
  }

  refuse(error: unknown): void {
    this.#guard.warnIfSlow(this.#call, this.#request, undefined, this.#startedMs);
    this.#answer.refuse(error);
  }
}

function requiresLeader({ metadata }: CallContext): boolean {
  return metadata.get('hasleader') === 'true';
}
