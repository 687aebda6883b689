import type { Metadata } from '@grpc/grpc-js';
import { LONGEST_TIMER_MS } from '@etcd-ts/foundation';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { CallContext, CallMetadata } from '../../service/call-context.js';

/** What grpc-js's four kinds of server calls have in common. */
export interface ServerCall {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getPeer(): string;
  getDeadline(): Date | number;
  once(event: 'cancelled', listener: () => void): unknown;
}

class GrpcJsMetadata implements CallMetadata {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  get(name: string): string | undefined {
    const [value] = this.#metadata.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  getBinary(name: string): Uint8Array | undefined {
    const [value] = this.#metadata.get(name);
    return value instanceof Buffer ? value : undefined;
  }
}

/** The context of one call. The signal is made on demand: most calls never look at it. */
export class GrpcJsCall implements CallContext {
  readonly metadata: CallMetadata;
  readonly deadlineMs: number | undefined;
  readonly method: string;
  readonly #call: ServerCall;
  #controller: AbortController | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #finished = false;

  constructor(call: ServerCall, method: string) {
    this.#call = call;
    this.method = method;
    this.metadata = new GrpcJsMetadata(call.metadata);
    const deadline = Number(call.getDeadline());
    this.deadlineMs = Number.isFinite(deadline) ? deadline : undefined;
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  get signal(): AbortSignal {
    return this.#demandController().signal;
  }

  #demandController(): AbortController {
    if (this.#controller !== undefined) return this.#controller;
    const controller = new AbortController();
    this.#controller = controller;
    if (this.#call.cancelled) {
      this.#abort();
      return controller;
    }
    // grpc-js answers at the deadline, but tells the handler only once the answer is written, which
    // a client that does not read can put off for ever.
    this.#startDeadlineTimer();
    this.#call.once('cancelled', () => this.#abort());
    return controller;
  }

  #startDeadlineTimer(): void {
    if (this.deadlineMs === undefined || this.#finished) return;
    const remainingMs = Math.min(Math.max(0, this.deadlineMs - Date.now()), LONGEST_TIMER_MS);
    this.#deadlineTimer = setTimeout(() => this.#abort(), remainingMs);
  }

  #abort(): void {
    clearTimeout(this.#deadlineTimer);
    // grpc-js also says "cancelled" of every call that ended well.
    if (!this.#finished) this.#controller?.abort(this.#reason());
  }

  /** As Go's context errors, in code and text. */
  #reason(): EtcdError {
    // A timer may fire a millisecond before the wall clock has got there.
    const expired = this.deadlineMs !== undefined && Date.now() >= this.deadlineMs - 1;
    return expired
      ? new EtcdError({ code: GrpcStatus.DeadlineExceeded, message: 'context deadline exceeded' })
      : new EtcdError({ code: GrpcStatus.Canceled, message: 'context canceled' });
  }

  /** The handler has returned: nothing aborts any more. */
  finish(): void {
    this.#finished = true;
    clearTimeout(this.#deadlineTimer);
  }
}
