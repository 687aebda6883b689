import type { RequestOf, ResponseOf, ServiceDefinition } from '../service/definition.js';

export interface CallOptions {
  /** From now. Afterwards the call fails with DeadlineExceeded. */
  readonly timeoutMs?: number | undefined;
  /** Names ending in "-bin" take bytes. */
  readonly metadata?: Readonly<Record<string, string | Uint8Array>> | undefined;
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Responses in order, for one reader. Iterating ends with the stream, throws an EtcdError if its
 * status is not OK, and cancels the call when it is left early. Nothing is read ahead of a slow
 * reader beyond the window of HTTP/2 and a few messages.
 */
export interface ResponseReader<Response> extends AsyncIterable<Response> {
  /** Ends the call; iterating then throws Canceled. */
  cancel(): void;
}

export interface BidiCall<Request, Response> extends ResponseReader<Response> {
  /** Resolves when another message may be written. */
  write(request: Request): Promise<void>;
  /** Half-closes: no more requests. */
  end(): void;
}

type ClientMethod<Method> = Method extends { requestStream: false; responseStream: false }
  ? (request: RequestOf<Method>, options?: CallOptions) => Promise<ResponseOf<Method>>
  : Method extends { requestStream: false; responseStream: true }
    ? (request: RequestOf<Method>, options?: CallOptions) => ResponseReader<ResponseOf<Method>>
    : Method extends { requestStream: true; responseStream: true }
      ? (options?: CallOptions) => BidiCall<RequestOf<Method>, ResponseOf<Method>>
      : never;

/** A function for every method. Failures are EtcdErrors with the status' code and text. */
export type ServiceClient<Definition extends ServiceDefinition> = {
  readonly [Name in keyof Definition['methods']]: ClientMethod<Definition['methods'][Name]>;
};
