import {
  Client,
  credentials,
  Metadata,
  status,
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js';

/** The shape of ts-proto's generic service definitions, as far as a client needs it. */
export interface MessageCodec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

export interface Method<Request, Response> {
  readonly name: string;
  readonly requestType: MessageCodec<Request>;
  readonly responseType: MessageCodec<Response>;
}

export interface Service {
  readonly fullName: string;
}

export type Outcome<Response> =
  | { readonly kind: 'ok'; readonly response: Response }
  | { readonly kind: 'error'; readonly code: number; readonly message: string };

export interface CallOptions {
  readonly deadlineMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

const DEFAULT_DEADLINE_MS = 30_000;

const CHANNEL_OPTIONS = {
  // A write that was retried behind our back would look like a server that writes twice.
  'grpc.enable_retries': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 200,
};

const CLOSED = { kind: 'error', code: status.CANCELLED, message: 'the client is closed' } as const;

/** A plain gRPC client with one connection: no retries, no balancing, errors as values. */
export class RpcClient {
  readonly #client: Client;
  #isClosed = false;

  constructor(endpoint: string, security: ChannelCredentials = credentials.createInsecure()) {
    this.#client = new Client(endpoint, security, CHANNEL_OPTIONS);
  }

  unary<Request, Response>(
    service: Service,
    method: Method<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Outcome<Response>> {
    return this.unaryBytes(
      path(service, method),
      Buffer.from(method.requestType.encode(request).finish()),
      options,
    ).then((outcome) =>
      outcome.kind === 'ok'
        ? { kind: 'ok', response: method.responseType.decode(outcome.response) }
        : outcome,
    );
  }

  /** One call with a body that need not be valid protobuf. */
  unaryBytes(fullPath: string, body: Buffer, options: CallOptions = {}): Promise<Outcome<Buffer>> {
    // grpc-js would throw: load that goes on while its cluster is taken down is no failure of its own.
    if (this.#isClosed) return Promise.resolve(CLOSED);
    return new Promise((resolve) => {
      const done = (error: ServiceError | null, response?: Buffer): void => {
        if (error !== null) resolve({ kind: 'error', code: error.code, message: error.details });
        else resolve({ kind: 'ok', response: response ?? Buffer.alloc(0) });
      };
      this.#client.makeUnaryRequest<Buffer, Buffer>(
        fullPath,
        (bytes) => bytes,
        (bytes) => bytes,
        body,
        metadataOf(options),
        { deadline: Date.now() + (options.deadlineMs ?? DEFAULT_DEADLINE_MS) },
        done,
      );
    });
  }

  /** The caller must listen for 'error': a stream that ends with a status emits it. */
  bidi<Request, Response>(
    service: Service,
    method: Method<Request, Response>,
    options: CallOptions = {},
  ): ClientDuplexStream<Request, Response> {
    return this.#client.makeBidiStreamRequest(
      path(service, method),
      (message) => Buffer.from(method.requestType.encode(message).finish()),
      (bytes) => method.responseType.decode(bytes),
      metadataOf(options),
    );
  }

  serverStream<Request, Response>(
    service: Service,
    method: Method<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): ClientReadableStream<Response> {
    return this.#client.makeServerStreamRequest(
      path(service, method),
      (message) => Buffer.from(method.requestType.encode(message).finish()),
      (bytes) => method.responseType.decode(bytes),
      request,
      metadataOf(options),
    );
  }

  /** Streams are not allowed any more, and calls fail. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
    this.#client.close();
  }
}

function path(service: Service, method: { readonly name: string }): string {
  return `/${service.fullName}/${method.name}`;
}

function metadataOf(options: CallOptions): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value);
  return metadata;
}

/** The answer, for calls whose failure is the test's failure. */
export async function succeeded<Response>(outcome: Promise<Outcome<Response>>): Promise<Response> {
  const settled = await outcome;
  if (settled.kind === 'ok') return settled.response;
  throw new Error(`call failed with code ${settled.code}: ${settled.message}`);
}
