export { Connection } from './client/connection.js';
export type { ConnectionOptions } from './client/connection.js';
export type {
  BidiCall,
  CallOptions,
  ResponseReader,
  ServiceClient,
} from './client/service-client.js';
export { clientIdentityOf } from './port/client-identity.js';
export type { AcceptedClient, ClientIdentity } from './transport/grpc-connection.js';
export { GrpcServer } from './transport/grpc-server.js';
export type { GrpcServerOptions } from './transport/grpc-server.js';
export { ClientPort } from './port/client-port.js';
export type {
  Admit,
  ClientPortAddress,
  ClientPortOptions,
  SecureLayer,
  ServedProtocols,
} from './port/client-port.js';
export { ListenError } from './port/listen-address.js';
export type { ListenAddress } from './port/listen-address.js';
export { answerBy, bindService, joinPieces } from './service/bound-service.js';
export type {
  BoundMethod,
  BoundService,
  ByteSink,
  SlowCalls,
  UnaryAnswer,
} from './service/bound-service.js';
export type { CallContext, CallMetadata } from './service/call-context.js';
export { describeMethods } from './service/definition.js';
export type {
  MessageCodec,
  RequestOf,
  ResponseOf,
  RpcMethod,
  RpcType,
  ServiceDefinition,
} from './service/definition.js';
export { Encoded } from './service/handlers.js';
export type {
  BidiHandler,
  HandlerOf,
  ResponseStream,
  ServerStreamHandler,
  ServiceHandlers,
  UnaryHandler,
} from './service/handlers.js';
export type { MethodObserver, ServerObserver } from './service/observer.js';
