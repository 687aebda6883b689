import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
} from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { asBuffer, assert, unreachable } from '@etcd-ts/foundation';
import type { Logger } from '@etcd-ts/foundation';
import type { GrpcCode } from '@etcd-ts/wire-protocol';
import { EtcdError, GrpcStatus, toEtcdError } from '@etcd-ts/wire-protocol';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import type { BoundMethod, BoundService } from '../../service/bound-service.js';
import type { MethodObserver, ServerObserver } from '../../service/observer.js';
import { GrpcJsCall } from './grpc-js-call.js';
import { ResponseSink } from './response-sink.js';

export interface GrpcJsServerOptions {
  /** Of one message; a larger one ends its call with ResourceExhausted. */
  readonly maxReceiveBytes: number;
  /** Per connection. etcd's default is no limit: 2^32 - 1. */
  readonly maxConcurrentStreams: number;
  /** A ping after so long without traffic; no answer within the timeout ends the connection. */
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly observer: ServerObserver;
  readonly logger: Logger;
}

/** What Go's gRPC, and so etcd, would send at most. */
const MAX_SEND_BYTES = 2 ** 31 - 1;

type BoundMethodOf<Type extends BoundMethod['type']> = Extract<BoundMethod, { type: Type }>;

const identity = (bytes: Buffer): Buffer => bytes;

/**
 * The service contract on @grpc/grpc-js. It gives grpc-js codecs that do nothing: bytes are
 * unmarshalled by the bound methods, which know etcd's error texts, and counted here.
 */
export class GrpcJsServer {
  readonly #server: Server;
  readonly #injector: { injectConnection(connection: Duplex): void; drain(graceMs: number): void };
  readonly #observer: ServerObserver;
  readonly #logger: Logger;
  #closing: Promise<void> | undefined;

  constructor(options: GrpcJsServerOptions) {
    this.#observer = options.observer;
    this.#logger = options.logger;
    this.#server = new Server({
      'grpc.max_receive_message_length': options.maxReceiveBytes,
      'grpc.max_send_message_length': MAX_SEND_BYTES,
      'grpc.max_concurrent_streams': options.maxConcurrentStreams,
      'grpc.keepalive_time_ms': options.keepaliveIntervalMs,
      'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs,
      // Bookkeeping for a debugging service nobody serves here.
      'grpc.enable_channelz': 0,
    });
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  add(service: BoundService): void {
    for (const method of service.methods) {
      const { path } = method;
      assert(this.#register(method), () => `${path} is served already`);
    }
  }

  /** Takes the socket over, whose unread bytes may have been put back. */
  acceptConnection(socket: Socket): void {
    if (this.#closing !== undefined) socket.destroy();
    else this.#injector.injectConnection(socket);
  }

  /**
   * Tells clients to go, lets running calls end, and cancels those that have not after the grace
   * time. Streams that live until their client ends them (watches) must be ended by their handlers.
   */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#drain(graceMs);
    return this.#closing;
  }

  async #drain(graceMs: number): Promise<void> {
    const drained = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    // Not grpc-js's forceShutdown: without channelz it forgets the connections it should end.
    const timer = setTimeout(() => this.#injector.drain(0), graceMs);
    await drained;
    clearTimeout(timer);
  }

  #register(method: BoundMethod): boolean {
    const observer = this.#observer.method(method);
    switch (method.type) {
      case 'unary':
        return this.#server.register(
          method.path,
          this.#unary(method, observer),
          identity,
          identity,
          'unary',
        );
      case 'server_stream':
        return this.#server.register(
          method.path,
          this.#serverStream(method, observer),
          identity,
          identity,
          'serverStream',
        );
      case 'bidi_stream':
        return this.#server.register(
          method.path,
          this.#bidi(method, observer),
          identity,
          identity,
          'bidi',
        );
      default:
        return unreachable(method);
    }
  }

  #unary(
    method: BoundMethodOf<'unary'>,
    observer: MethodObserver,
  ): handleUnaryCall<Buffer, Buffer> {
    return (grpcCall, respond) => {
      const call = new GrpcJsCall(grpcCall, method.path);
      observer.messageReceived(grpcCall.request.length);
      void this.#run(call, observer, async () => {
        const response = asBuffer(await method.handle(grpcCall.request, call));
        observer.messageSent(response.length);
        respond(null, response);
      }).then((failure) => {
        if (failure !== undefined) respond(statusOf(failure));
      });
    };
  }

  #serverStream(
    method: BoundMethodOf<'server_stream'>,
    observer: MethodObserver,
  ): handleServerStreamingCall<Buffer, Buffer> {
    return (stream) => {
      const call = new GrpcJsCall(stream, method.path);
      const out = new ResponseSink(stream, observer, call.signal);
      observer.messageReceived(stream.request.length);
      void this.#run(call, observer, () => method.handle(stream.request, call, out)).then(
        (failure) => endStream(stream, failure),
      );
    };
  }

  #bidi(
    method: BoundMethodOf<'bidi_stream'>,
    observer: MethodObserver,
  ): handleBidiStreamingCall<Buffer, Buffer> {
    return (stream) => {
      const call = new GrpcJsCall(stream, method.path);
      const out = new ResponseSink(stream, observer, call.signal);
      const incoming = requests(stream, call.signal, observer);
      void this.#run(call, observer, () => method.handle(incoming, call, out)).then((failure) =>
        endStream(stream, failure),
      );
    };
  }

  /** Runs a handler to its end; what it threw, if it did, as the client is to see it. */
  async #run(
    call: GrpcJsCall,
    observer: MethodObserver,
    handler: () => Promise<void>,
  ): Promise<EtcdError | undefined> {
    const startedMs = performance.now();
    const ended = (code: GrpcCode): void =>
      observer.handled(code, (performance.now() - startedMs) / 1000);
    observer.started();
    try {
      await handler();
      ended(GrpcStatus.OK);
      return undefined;
    } catch (error) {
      // Anything but an EtcdError is a fault of ours: the client gets its text, as from etcd, but
      // somebody here must hear of it too.
      if (!(error instanceof EtcdError)) {
        const fault = error instanceof Error ? error : new Error(String(error));
        this.#logger.error('rpc handler failed', { method: call.method, error: fault });
      }
      const failure = toEtcdError(error);
      ended(failure.code);
      return failure;
    } finally {
      call.finish();
    }
  }
}

const statusOf = ({ code, message }: EtcdError): { code: GrpcCode; details: string } => ({
  code,
  details: message,
});

/** After what was written before: grpc-js flushes and then sends the status. */
function endStream(stream: StreamEnd, failure: EtcdError | undefined): void {
  if (failure === undefined) stream.end();
  else stream.emit('error', Object.assign(new Error(failure.message), statusOf(failure)));
}

interface StreamEnd {
  end(): unknown;
  emit(event: 'error', error: Error): boolean;
}

async function* requests(
  stream: Readable,
  signal: AbortSignal,
  observer: MethodObserver,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    // A handler that stops reading may still have much to say: leaving the loop must not destroy
    // the stream, which is the default.
    for await (const message of stream.iterator({ destroyOnReturn: false })) {
      const bytes = message as Buffer;
      observer.messageReceived(bytes.length);
      yield bytes;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  // node ends the reading side of a stream that was reset before it says that it was reset. Without
  // this turn of the event loop a client that vanished would look like one that has finished, and
  // its handler would go on to do what only a finished client wants.
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}
