import type { MessageEncoder } from '@etcd-ts/wire-protocol';

/**
 * The part of a generated (ts-proto, "generic-definitions") service that a transport needs. Neither
 * handlers nor transports see more of protobuf than this.
 */
export interface MessageCodec<T> extends MessageEncoder<T> {
  /** Throws on malformed bytes. */
  decode(bytes: Uint8Array): T;
}

/** Any method at all: it can be described, but nothing can be called through this type. */
interface AnyMethod {
  readonly name: string;
  readonly requestType: AnyCodec;
  readonly requestStream: boolean;
  readonly responseType: AnyCodec;
  readonly responseStream: boolean;
}

interface AnyCodec {
  encode(message: never): ReturnType<MessageEncoder<never>['encode']>;
  decode(bytes: Uint8Array): unknown;
}

export interface ServiceDefinition {
  /** With its package, such as "etcdserverpb.KV". */
  readonly fullName: string;
  readonly methods: Readonly<Record<string, AnyMethod>>;
}

export type RequestOf<Method> = Method extends {
  requestType: { decode(bytes: Uint8Array): infer R };
}
  ? R
  : never;
export type ResponseOf<Method> = Method extends {
  responseType: { decode(bytes: Uint8Array): infer R };
}
  ? R
  : never;

/** In the words of the grpc_type label. etcd has no client streams. */
export type RpcType = 'unary' | 'server_stream' | 'bidi_stream';

export interface RpcMethod {
  readonly service: string;
  readonly method: string;
  readonly type: RpcType;
  /** As on the wire, such as "/etcdserverpb.KV/Put". */
  readonly path: string;
}

export function describeMethod(
  service: string,
  method: Pick<AnyMethod, 'name' | 'requestStream' | 'responseStream'>,
): RpcMethod {
  const type = method.requestStream
    ? 'bidi_stream'
    : method.responseStream
      ? 'server_stream'
      : 'unary';
  return { service, method: method.name, type, path: `/${service}/${method.name}` };
}

/** Every method of a service, for whoever must know them before the first call (metrics). */
export function describeMethods(definition: ServiceDefinition): readonly RpcMethod[] {
  return Object.values(definition.methods).map((method) =>
    describeMethod(definition.fullName, method),
  );
}
