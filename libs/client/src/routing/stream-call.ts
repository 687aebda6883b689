import type { BidiCall, CallOptions, RpcMethod } from '@etcd-ts/rpc';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { Call } from '../transport/call.js';
import { frameMessage } from '../transport/message-frames.js';
import { MessageQueue } from '../transport/message-queue.js';

export interface StreamOpener {
  open(
    method: RpcMethod,
    options: CallOptions & { readonly signal: AbortSignal },
    queue: MessageQueue<Buffer>,
  ): Promise<Call>;
}

/** A stream that can be written and read at once, though its connection may still be on its way. */
export class StreamCall implements BidiCall<Uint8Array, Buffer> {
  readonly #queue = new MessageQueue<Buffer>();
  readonly #abort = new AbortController();
  readonly #call: Promise<Call>;

  constructor(opener: StreamOpener, method: RpcMethod, options: CallOptions) {
    const signal =
      options.signal === undefined
        ? this.#abort.signal
        : AbortSignal.any([this.#abort.signal, options.signal]);
    this.#call = opener.open(method, { ...options, signal }, this.#queue);
    this.#call.catch((error: unknown) => this.#queue.end(error));
  }

  cancel(): void {
    this.#abort.abort(new EtcdError({ code: GrpcStatus.Canceled, message: 'context canceled' }));
  }

  async write(request: Uint8Array): Promise<void> {
    const { stream } = await this.#call;
    if (stream.closed || stream.destroyed) return;
    if (stream.write(frameMessage(request))) return;
    // A stream that ends instead of draining tells its reader why.
    await new Promise<void>((resolve) => {
      stream.once('drain', resolve);
      stream.once('close', resolve);
    });
  }

  end(): void {
    this.#call.then(
      ({ stream }) => stream.end(),
      () => undefined,
    );
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        const { done, value } = await this.#queue.next();
        if (done === true) return;
        yield value;
      }
    } finally {
      // Left early: the server need not go on. After an end this does nothing.
      this.cancel();
    }
  }
}
