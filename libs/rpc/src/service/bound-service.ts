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
  /** One message, in one piece or up to three. */
  write(bytes: Uint8Array, rest?: Uint8Array, tail?: Uint8Array): boolean;
  drained(): Promise<void>;
}

/** Where a unary call is answered without a promise. */
export interface UnaryAnswer {
  /** A marshalled response. The bytes are kept until they are sent, and must not change. */
  answer(response: Uint8Array): void;
  /** As if a handler had thrown it. */
  refuse(error: unknown): void;
}

/** Who wants to hear of calls that took long. */
export interface SlowCalls {
  /** Of every call, slow or not. No response: it was refused. */
  ended(
    call: CallContext,
    request: Uint8Array,
    response: Uint8Array | undefined,
    tookMs: number,
  ): void;
}

/**
 * Takes some requests from their bytes, and tells `answer` once, at once or later: a promise and what
 * hangs on it is a kilobyte for each call in flight. What it throws is told, too. False, with nothing
 * told: ask the ordinary handler. The bytes are not to be kept: that would keep what came with them.
 */
export type DirectHandler = (
  request: Uint8Array,
  call: CallContext,
  answer: UnaryAnswer,
  slow?: SlowCalls,
) => boolean;

/** By method. */
export type DirectHandlers = Readonly<Record<string, DirectHandler>>;

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
        /** The better way, where there is one. Throws nothing. */
        readonly direct?: DirectHandler;
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
  direct: DirectHandlers = {},
): BoundService {
  const untyped = handlers as Readonly<Record<string, unknown>>;
  const methods = Object.entries(definition.methods).map(([name, method]) =>
    bindMethod(
      definition.fullName,
      method as UntypedMethod,
      must(untyped[name], () => `no handler for ${definition.fullName}.${name}`),
      direct[name],
    ),
  );
  return { fullName: definition.fullName, methods };
}

function bindMethod(
  service: string,
  method: UntypedMethod,
  handler: unknown,
  direct: DirectHandlers[string] | undefined,
): BoundMethod {
  const { requestType, responseType } = method;
  const description = describeMethod(service, method);
  const { type } = description;
  switch (type) {
    case 'unary': {
      const unary = handler as UnaryHandler<unknown, unknown>;
      const handle = (request: Uint8Array, call: CallContext): Uint8Array | Promise<Uint8Array> => {
        const answer = unary(unmarshal(requestType, request), call);
        // Not `await`: what an async function adds to each call is measurable.
        return answer instanceof Promise
          ? answer.then((message) => marshal(responseType, message))
          : marshal(responseType, answer);
      };
      if (direct === undefined) return { ...description, type, handle };
      return {
        ...description,
        type,
        handle,
        direct: (request, call, answer, slow) => {
          try {
            return direct(request, call, answer, slow);
          } catch (error) {
            answer.refuse(error);
            return true;
          }
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

/** What a handler returns or throws, told to `answer`. */
export function answerBy(
  answer: UnaryAnswer,
  handler: () => Uint8Array | Promise<Uint8Array>,
): void {
  let response: ReturnType<typeof handler>;
  try {
    response = handler();
  } catch (error) {
    answer.refuse(error);
    return;
  }
  if (!(response instanceof Promise)) {
    answer.answer(response);
    return;
  }
  response.then(
    (bytes) => answer.answer(bytes),
    (error: unknown) => answer.refuse(error),
  );
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
  return joinPieces(message.bytes, message.rest, message.tail);
}

/** A message in one piece; only what is in several is copied. */
export function joinPieces(
  bytes: Uint8Array,
  rest: Uint8Array = NOTHING,
  tail: Uint8Array = NOTHING,
): Uint8Array {
  return rest.length + tail.length === 0 ? bytes : Buffer.concat([bytes, rest, tail]);
}

const NOTHING = new Uint8Array(0);

class MarshallingStream implements ResponseStream<unknown> {
  readonly #codec: MessageCodec<unknown>;
  readonly #out: ByteSink;

  constructor(codec: MessageCodec<unknown>, out: ByteSink) {
    this.#codec = codec;
    this.#out = out;
  }

  write(message: unknown): boolean {
    if (message instanceof Encoded) {
      return this.#out.write(message.bytes, message.rest, message.tail);
    }
    return this.#out.write(encodeMessage(this.#codec, message));
  }

  drained(): Promise<void> {
    return this.#out.drained();
  }
}
