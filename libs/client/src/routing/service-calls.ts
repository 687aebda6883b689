import type {
  BidiCall,
  CallOptions,
  MessageCodec,
  ResponseReader,
  RpcMethod,
  ServiceClient,
  ServiceDefinition,
} from '@etcd-ts/rpc';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { Caller } from './caller.js';

interface UntypedMethod {
  readonly name: string;
  readonly requestType: MessageCodec<unknown>;
  readonly requestStream: boolean;
  readonly responseType: MessageCodec<unknown>;
  readonly responseStream: boolean;
}

/** A function for every method of the service; see ServiceClient for their shapes. */
export function serviceCalls<Definition extends ServiceDefinition>(
  caller: Caller,
  definition: Definition,
): ServiceClient<Definition> {
  const calls = Object.entries(definition.methods).map(([name, method]) => [
    name,
    callOf(caller, definition.fullName, method as UntypedMethod),
  ]);
  // Each function has the shape that ServiceClient derives from the same two flags.
  return Object.fromEntries(calls) as ServiceClient<Definition>;
}

function callOf(caller: Caller, service: string, method: UntypedMethod): unknown {
  const { name, requestType, requestStream, responseType, responseStream } = method;
  const path = `/${service}/${name}`;
  const encode = (request: unknown): Uint8Array => requestType.encode(request).finish();
  const decode = (bytes: Buffer): unknown => decodeAnswer(responseType, bytes);
  if (!responseStream) {
    const rpc: RpcMethod = { service, method: name, type: 'unary', path };
    return async (request: unknown, options: CallOptions = {}) =>
      decode(await caller.unary(rpc, encode(request), options));
  }
  if (!requestStream) {
    const rpc: RpcMethod = { service, method: name, type: 'server_stream', path };
    return (request: unknown, options: CallOptions = {}) =>
      new TypedReader(caller.serverStream(rpc, encode(request), options), decode);
  }
  const rpc: RpcMethod = { service, method: name, type: 'bidi_stream', path };
  return (options: CallOptions = {}) =>
    new TypedBidi(caller.bidiStream(rpc, options), encode, decode);
}

function decodeAnswer(codec: MessageCodec<unknown>, bytes: Buffer): unknown {
  try {
    return codec.decode(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `grpc: failed to unmarshal the received message: ${why}`;
    throw new EtcdError({ code: GrpcStatus.Internal, message });
  }
}

class TypedReader implements ResponseReader<unknown> {
  readonly #reader: ResponseReader<Buffer>;
  readonly #decode: (bytes: Buffer) => unknown;

  constructor(reader: ResponseReader<Buffer>, decode: (bytes: Buffer) => unknown) {
    this.#reader = reader;
    this.#decode = decode;
  }

  cancel(): void {
    this.#reader.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
    for await (const bytes of this.#reader) yield this.#decode(bytes);
  }
}

class TypedBidi extends TypedReader implements BidiCall<unknown, unknown> {
  readonly #call: BidiCall<Uint8Array, Buffer>;
  readonly #encode: (request: unknown) => Uint8Array;

  constructor(
    call: BidiCall<Uint8Array, Buffer>,
    encode: (request: unknown) => Uint8Array,
    decode: (bytes: Buffer) => unknown,
  ) {
    super(call, decode);
    this.#call = call;
    this.#encode = encode;
  }

  write(request: unknown): Promise<void> {
    return this.#call.write(this.#encode(request));
  }

  end(): void {
    this.#call.end();
  }
}
