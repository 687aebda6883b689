import type { BoundMethod, BoundService, CallContext } from '@etcd-ts/rpc';
import { EtcdError } from '@etcd-ts/wire-protocol';

/** How a call ended: code 0 and the first response, or what it failed with. */
export interface CallEnd {
  readonly code: number;
  readonly message: string;
  readonly response: Uint8Array | undefined;
}

export interface CallOrigin {
  readonly metadata: Readonly<Record<string, string>>;
  readonly peerCertificateCommonName?: string | undefined;
}

/** Calls methods as a transport does, which may say of a call whatever it likes. */
export class DirectCalls {
  readonly #methods = new Map<string, BoundMethod>();

  constructor(services: readonly BoundService[]) {
    for (const { methods } of services) {
      for (const method of methods) this.#methods.set(method.path, method);
    }
  }

  get paths(): readonly string[] {
    return [...this.#methods.keys()];
  }

  /** Of a stream, until its first response or its end. */
  async call(path: string, request: Uint8Array, origin: CallOrigin): Promise<CallEnd> {
    const method = this.#methods.get(path);
    if (method === undefined) throw new Error(`no method ${path}`);
    const controller = new AbortController();
    const call: CallContext = {
      metadata: { get: (name) => origin.metadata[name], getBinary: () => undefined },
      deadlineMs: undefined,
      signal: controller.signal,
      peer: '10.0.0.1:4711',
      peerCertificateCommonName: origin.peerCertificateCommonName,
      method: path,
    };
    let first: Uint8Array | undefined;
    const ended = new Error('the first response is enough');
    const out = {
      write: (bytes: Uint8Array): boolean => {
        first ??= bytes;
        controller.abort(ended);
        return true;
      },
      drained: (): Promise<void> => Promise.resolve(),
    };
    try {
      if (method.type === 'unary') first = await unary(method, request, call);
      else if (method.type === 'server_stream') await method.handle(request, call, out);
      else await method.handle(only(request), call, out);
    } catch (error) {
      if (first === undefined) return failureOf(error);
    }
    return { code: 0, message: '', response: first };
  }
}

/** The way without promises is the one that transports take, where there is one. */
async function unary(
  { direct, handle }: Extract<BoundMethod, { type: 'unary' }>,
  request: Uint8Array,
  call: CallContext,
): Promise<Uint8Array> {
  return new Promise((answer, refuse) => {
    if (direct?.(request, call, { answer, refuse }) === true) return;
    Promise.resolve(handle(request, call)).then(answer, refuse);
  });
}

async function* only(request: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield request;
}

function failureOf(error: unknown): CallEnd {
  if (!(error instanceof EtcdError)) throw error;
  return { code: error.code, message: error.message, response: undefined };
}
