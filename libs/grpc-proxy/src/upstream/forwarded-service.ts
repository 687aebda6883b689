import { must } from '@etcd-ts/foundation';
import type {
  BoundMethod,
  BoundService,
  CallOptions,
  MessageCodec,
  ResponseReader,
  ServiceDefinition,
} from '@etcd-ts/rpc';
import { describeMethods } from '@etcd-ts/rpc';
import type { Upstream } from './upstream.js';

type Unary = (request: Uint8Array, options: CallOptions) => Promise<Uint8Array>;
type ServerStream = (request: Uint8Array, options: CallOptions) => ResponseReader<Uint8Array>;

/** Messages stay what they were on the wire, with fields that only newer programs know. */
const BYTES: MessageCodec<Uint8Array> = {
  encode: (bytes) => ({ finish: () => bytes }) as ReturnType<MessageCodec<Uint8Array>['encode']>,
  decode: (bytes) => bytes,
};

/** A service whose calls go to the cluster as they come. None of its methods takes a stream. */
export function forwardedService(definition: ServiceDefinition, upstream: Upstream): BoundService {
  const calls = upstream.client.service(onBytes(definition)) as Readonly<Record<string, unknown>>;
  const names = Object.keys(definition.methods);
  const methods = describeMethods(definition).map((method, i): BoundMethod => {
    const call = calls[names[i] ?? ''];
    const { type } = method;
    switch (type) {
      case 'unary':
        return {
          ...method,
          type,
          handle: (request, context) => (call as Unary)(request, upstream.optionsFor(context)),
        };
      case 'server_stream':
        return {
          ...method,
          type,
          handle: async (request, context, out) => {
            const answers = (call as ServerStream)(request, upstream.optionsFor(context));
            for await (const answer of answers) if (!out.write(answer)) await out.drained();
          },
        };
      case 'bidi_stream':
        return must<BoundMethod>(undefined, () => `${method.path} takes a stream`);
    }
  });
  return { fullName: definition.fullName, methods };
}

function onBytes({ fullName, methods }: ServiceDefinition): ServiceDefinition {
  const untyped = Object.entries(methods).map(([name, method]) => [
    name,
    { ...method, requestType: BYTES, responseType: BYTES },
  ]);
  return { fullName, methods: Object.fromEntries(untyped) as ServiceDefinition['methods'] };
}
