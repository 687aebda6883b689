import type { ChannelOptions } from '@grpc/grpc-js';
import { Client, credentials } from '@grpc/grpc-js';
import type { MessageCodec, RpcMethod, ServiceDefinition } from '../service/definition.js';
import { describeMethod } from '../service/definition.js';
import type { CallOptions, ServiceClient } from './service-client.js';
import { GrpcJsBidiCall, GrpcJsResponseReader } from './stream-calls.js';
import { callMetadata, callOptions, cancelOn, toClientError } from './call-options.js';

export interface ConnectionOptions {
  /** Of one response. Default: what gRPC can say at all. */
  readonly maxReceiveBytes?: number;
  /** More for grpc-js, over the defaults below. */
  readonly channelOptions?: ChannelOptions;
}

const CHANNEL_DEFAULTS: ChannelOptions = {
  'grpc.max_receive_message_length': 2 ** 31 - 1,
  'grpc.max_send_message_length': 2 ** 31 - 1,
  // Whether a call may be repeated is etcd's business, which knows what it does.
  'grpc.enable_retries': 0,
  // Connections shared behind the back of their owners outlive them.
  'grpc.use_local_subchannel_pool': 1,
};

interface UntypedCodecs {
  readonly requestType: MessageCodec<unknown>;
  readonly responseType: MessageCodec<unknown>;
}

/** One plaintext HTTP/2 connection to "host:port", made on first use and again when lost. */
export class Connection {
  readonly #client: Client;

  constructor(address: string, options: ConnectionOptions = {}) {
    this.#client = new Client(address, credentials.createInsecure(), {
      ...CHANNEL_DEFAULTS,
      ...(options.maxReceiveBytes !== undefined && {
        'grpc.max_receive_message_length': options.maxReceiveBytes,
      }),
      ...options.channelOptions,
    });
  }

  service<Definition extends ServiceDefinition>(definition: Definition): ServiceClient<Definition> {
    const methods = Object.entries(definition.methods).map(([name, method]) => {
      const description = describeMethod(definition.fullName, method);
      return [name, this.#call(description, method as UntypedCodecs)] as const;
    });
    // Each function has the shape that ClientMethod derives from the same two flags.
    return Object.fromEntries(methods) as ServiceClient<Definition>;
  }

  close(): void {
    this.#client.close();
  }

  #call({ path, type }: RpcMethod, { requestType, responseType }: UntypedCodecs): unknown {
    const serialize = (request: unknown): Buffer =>
      Buffer.from(requestType.encode(request).finish());
    const deserialize = (bytes: Buffer): unknown => responseType.decode(bytes);
    switch (type) {
      case 'unary':
        return (request: unknown, options: CallOptions = {}) =>
          new Promise((resolve, reject) => {
            const call = this.#client.makeUnaryRequest(
              path,
              serialize,
              deserialize,
              request,
              callMetadata(options),
              callOptions(options),
              (error, response) => {
                if (error === null) resolve(response);
                else reject(toClientError(error));
              },
            );
            cancelOn(options.signal, call);
          });
      case 'server_stream':
        return (request: unknown, options: CallOptions = {}) => {
          const call = this.#client.makeServerStreamRequest(
            path,
            serialize,
            deserialize,
            request,
            callMetadata(options),
            callOptions(options),
          );
          cancelOn(options.signal, call);
          return new GrpcJsResponseReader(call);
        };
      case 'bidi_stream':
        return (options: CallOptions = {}) => {
          const call = this.#client.makeBidiStreamRequest(
            path,
            serialize,
            deserialize,
            callMetadata(options),
            callOptions(options),
          );
          cancelOn(options.signal, call);
          return new GrpcJsBidiCall(call);
        };
    }
  }
}

/** A connection for one service only. */
export function connectService<Definition extends ServiceDefinition>(
  definition: Definition,
  address: string,
  options: ConnectionOptions = {},
): ServiceClient<Definition> & { close(): void } {
  const connection = new Connection(address, options);
  return { ...connection.service(definition), close: () => connection.close() };
}
