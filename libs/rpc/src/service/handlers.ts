import type { CallContext } from './call-context.js';
import type { RequestOf, ResponseOf, ServiceDefinition } from './definition.js';

/**
 * A response already marshalled: what goes to many is encoded once. It may come in up to three
 * pieces, so that what all have in common, before and behind what is each one's own, need not be
 * copied for each. Nobody may write to the bytes.
 */
export class Encoded {
  readonly bytes: Uint8Array;
  readonly rest: Uint8Array | undefined;
  readonly tail: Uint8Array | undefined;

  constructor(bytes: Uint8Array, rest?: Uint8Array, tail?: Uint8Array) {
    this.bytes = bytes;
    this.rest = rest;
    this.tail = tail;
  }
}

/** Where a streaming handler writes. Messages arrive in the order written. */
export interface ResponseStream<Response> {
  /**
   * Always takes the message. False: full, so write no more before `drained()`; a handler that goes
   * on fills this process's memory with what a slow client does not read. After the end of the call
   * messages are dropped and the answer is false.
   */
  write(message: Response | Encoded): boolean;
  /**
   * Resolves when there is room again, at once if there is; rejects with the signal's reason when
   * the call is over, so that a writing loop ends by itself.
   */
  drained(): Promise<void>;
}

/*
 * A handler ends the call: with OK by returning, with a status by throwing an EtcdError, with
 * Unknown and the error's own text by throwing anything else. A unary one that knows its answer at
 * once may return it without a promise.
 */
export type UnaryHandler<Request, Response> = (
  request: Request,
  call: CallContext,
) => Response | Encoded | Promise<Response | Encoded>;

export type ServerStreamHandler<Request, Response> = (
  request: Request,
  call: CallContext,
  out: ResponseStream<Response>,
) => Promise<void>;

/** `incoming` ends when the client half-closes and throws the signal's reason when it is gone. */
export type BidiHandler<Request, Response> = (
  incoming: AsyncIterable<Request>,
  call: CallContext,
  out: ResponseStream<Response>,
) => Promise<void>;

export type HandlerOf<Method> = Method extends { requestStream: false; responseStream: false }
  ? UnaryHandler<RequestOf<Method>, ResponseOf<Method>>
  : Method extends { requestStream: false; responseStream: true }
    ? ServerStreamHandler<RequestOf<Method>, ResponseOf<Method>>
    : Method extends { requestStream: true; responseStream: true }
      ? BidiHandler<RequestOf<Method>, ResponseOf<Method>>
      : never;

/** One handler for every method, under the generated (lower camel case) names. */
export type ServiceHandlers<Definition extends ServiceDefinition> = {
  readonly [Name in keyof Definition['methods']]: HandlerOf<Definition['methods'][Name]>;
};
