export type { GrpcProxyConfig, MetricsAddress } from './config.js';
export { GrpcProxy } from './grpc-proxy.js';
export type { GrpcProxyParts } from './grpc-proxy.js';
