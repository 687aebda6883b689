import type { ClientDuplexStream, ClientReadableStream } from '@grpc/grpc-js';
import { toClientError } from './call-options.js';
import type { BidiCall, ResponseReader } from './service-client.js';

export class GrpcJsResponseReader implements ResponseReader<unknown> {
  readonly #call: ClientReadableStream<unknown>;

  constructor(call: ClientReadableStream<unknown>) {
    this.#call = call;
    // A call may fail before anybody reads; who then does gets the error from the iterator.
    call.on('error', () => undefined);
  }

  cancel(): void {
    this.#call.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
    let ended = false;
    try {
      yield* this.#call.iterator({ destroyOnReturn: false });
      ended = true;
    } catch (error) {
      ended = true;
      throw toClientError(error);
    } finally {
      if (!ended) this.#call.cancel();
    }
  }
}

export class GrpcJsBidiCall extends GrpcJsResponseReader implements BidiCall<unknown, unknown> {
  readonly #duplex: ClientDuplexStream<unknown, unknown>;

  constructor(call: ClientDuplexStream<unknown, unknown>) {
    super(call);
    this.#duplex = call;
  }

  write(request: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#duplex.write(request, (error?: Error | null) => {
        if (error) reject(toClientError(error));
        else resolve();
      });
    });
  }

  end(): void {
    this.#duplex.end();
  }
}
