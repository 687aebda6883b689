import { DEFAULT_BUCKETS } from './buckets.js';
import type { Counter, Histogram } from './instruments.js';
import type { MetricFactory } from './metric-factory.js';

export type GrpcMethodType = 'unary' | 'client_stream' | 'server_stream' | 'bidi_stream';

export interface GrpcMethod {
  /** With its package, such as "etcdserverpb.KV". */
  readonly service: string;
  readonly method: string;
  readonly type: GrpcMethodType;
}

/** In the order of the codes' numbers: a call that ended with code n counts under name n. */
const CODE_NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const;

const UNKNOWN_CODE = 2;

/** One method's instruments, resolved once so that a call costs a few additions. */
export class GrpcMethodMetrics {
  readonly started: Counter;
  readonly messagesReceived: Counter;
  readonly messagesSent: Counter;
  /** Only with --metrics=extensive. Seconds. */
  readonly handling: Histogram | undefined;
  readonly #handled: readonly Counter[];

  constructor(
    started: Counter,
    messagesReceived: Counter,
    messagesSent: Counter,
    handling: Histogram | undefined,
    handled: readonly Counter[],
  ) {
    this.started = started;
    this.messagesReceived = messagesReceived;
    this.messagesSent = messagesSent;
    this.handling = handling;
    this.#handled = handled;
  }

  /** `code`: the gRPC status code the call ended with; a number that is none counts as Unknown. */
  handled(code: number): void {
    (this.#handled[code] ?? this.#handled[UNKNOWN_CODE])?.inc();
  }
}

/** Server side, in the names of go-grpc-prometheus; every method and code is there from the start. */
export class GrpcMetrics {
  readonly #methods = new Map<string, GrpcMethodMetrics>();

  constructor(make: MetricFactory, methods: readonly GrpcMethod[], extensive: boolean) {
    const labels = ['grpc_type', 'grpc_service', 'grpc_method'];
    const counters = (name: string, help: string, names = labels) =>
      make.counters(`grpc_server_${name}_total`, help, names);
    const started = counters('started', 'Calls begun.');
    const handled = counters('handled', 'Calls ended, by code.', [...labels, 'grpc_code']);
    const received = counters('msg_received', 'Messages received.');
    const sent = counters('msg_sent', 'Messages sent.');
    const handling = extensive
      ? make.histograms(
          'grpc_server_handling_seconds',
          'Time from the start of a call to its end.',
          labels,
          DEFAULT_BUCKETS,
        )
      : undefined;
    for (const { service, method, type } of methods) {
      const values = [type, service, method] as const;
      this.#methods.set(
        `/${service}/${method}`,
        new GrpcMethodMetrics(
          started.with(...values),
          received.with(...values),
          sent.with(...values),
          handling?.with(...values),
          CODE_NAMES.map((code) => handled.with(...values, code)),
        ),
      );
    }
  }

  /** By path, such as "/etcdserverpb.KV/Put"; undefined for a method that was not announced. */
  method(path: string): GrpcMethodMetrics | undefined {
    return this.#methods.get(path);
  }
}
