import { must } from '@etcd-ts/foundation';
import { encodeMessage, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { CallContext } from './call-context.js';
import type { MessageCodec, RpcMethod, ServiceDefinition } from './definition.js';
import { describeMethod } from './definition.js';
import type {
  BidiHandler,
  ResponseStream,
  ServerStreamHandler,
  ServiceHandlers,
  UnaryHandler,
} from './handlers.js';
import { Encoded } from './handlers.js';

/** A ResponseStream of messages already marshalled. */
export interface ByteSink {
  /** One message, in one piece or two. */
  write(bytes: Uint8Array, rest?: Uint8Array): boolean;
  drained(): Promise<void>;
}

/**
 * A method and its handler with the codec folded in: bytes in, bytes out. This is all a transport
 * sees, so that transports can be exchanged below the handlers.
 */
export type BoundMethod = RpcMethod &
  (
    | {
        readonly type: 'unary';
        /** What is known at once need not wait for a promise. */
        readonly handle: (
          request: Uint8Array,
          call: CallContext,
        ) => Uint8Array | Promise<Uint8Array>;
      }
    | {
        readonly type: 'server_stream';
        readonly handle: (request: Uint8Array, call: CallContext, out: ByteSink) => Promise<void>;
      }
    | {
        readonly type: 'bidi_stream';
        readonly handle: (
          incoming: AsyncIterable<Uint8Array>,
          call: CallContext,
          out: ByteSink,
        ) => Promise<void>;
      }
  );

export interface BoundService {
  readonly fullName: string;
  readonly methods: readonly BoundMethod[];
}

// Inside, requests and responses have no type: `bindService` has checked that each handler fits its
// method, and a codec gives its handler nothing but its own messages.
interface UntypedMethod {
  readonly name: string;
  readonly requestType: MessageCodec<unknown>;
  readonly requestStream: boolean;
  readonly responseType: MessageCodec<unknown>;
  readonly responseStream: boolean;
}

export function bindService<Definition extends ServiceDefinition>(
  definition: Definition,
  handlers: ServiceHandlers<Definition>,
): BoundService {
  const untyped = handlers as Readonly<Record<string, unknown>>;
  const methods = Object.entries(definition.methods).map(([name, method]) =>
    bindMethod(
      definition.fullName,
      method as UntypedMethod,
      must(untyped[name], () => `no handler for ${definition.fullName}.${name}`),
    ),
  );
  return { fullName: definition.fullName, methods };
}

function bindMethod(service: string, method: UntypedMethod, handler: unknown): BoundMethod {
  const { requestType, responseType } = method;
  const description = describeMethod(service, method);
  const { type } = description;
  switch (type) {
    case 'unary': {
      const unary = handler as UnaryHandler<unknown, unknown>;
      return {
        ...description,
        type,
        handle: (request, call) => {
          const answer = unary(unmarshal(requestType, request), call);
          // Not `await`: what an async function adds to each call is measurable.
          return answer instanceof Promise
            ? answer.then((message) => marshal(responseType, message))
            : marshal(responseType, answer);
        },
      };
    }
    case 'server_stream': {
      const stream = handler as ServerStreamHandler<unknown, unknown>;
      return {
        ...description,
        type,
        handle: async (request, call, out) =>
          stream(unmarshal(requestType, request), call, new MarshallingStream(responseType, out)),
      };
    }
    case 'bidi_stream': {
      const bidi = handler as BidiHandler<unknown, unknown>;
      return {
        ...description,
        type,
        handle: (incoming, call, out) =>
          bidi(unmarshalAll(requestType, incoming), call, new MarshallingStream(responseType, out)),
      };
    }
  }
}

function unmarshal(codec: MessageCodec<unknown>, bytes: Uint8Array): unknown {
  try {
    return codec.decode(bytes);
  } catch (error) {
    // The words and the code of grpc-go.
    const why = error instanceof Error ? error.message : String(error);
    throw new EtcdError({
      code: GrpcStatus.Internal,
      message: `grpc: error unmarshalling request: ${why}`,
    });
  }
}

async function* unmarshalAll(
  codec: MessageCodec<unknown>,
  incoming: AsyncIterable<Uint8Array>,
): AsyncGenerator<unknown, void, undefined> {
  for await (const bytes of incoming) yield unmarshal(codec, bytes);
}

function marshal(codec: MessageCodec<unknown>, message: unknown): Uint8Array {
  if (!(message instanceof Encoded)) return encodeMessage(codec, message);
  const { bytes, rest } = message;
  return rest === undefined ? bytes : Buffer.concat([bytes, rest]);
}

class MarshallingStream implements ResponseStream<unknown> {
  readonly #codec: MessageCodec<unknown>;
  readonly #out: ByteSink;

  constructor(codec: MessageCodec<unknown>, out: ByteSink) {
    this.#codec = codec;
    this.#out = out;
  }

  write(message: unknown): boolean {
    if (message instanceof Encoded) return this.#out.write(message.bytes, message.rest);
    return this.#out.write(encodeMessage(this.#codec, message));
  }

  drained(): Promise<void> {
    return this.#out.drained();
  }
}
