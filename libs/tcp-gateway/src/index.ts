export { complaintAboutEndpoints } from './loop-check.js';
export { parseRemote } from './remote.js';
export type { ParsedEndpoint, RemoteAddress } from './remote.js';
export { TcpGateway } from './tcp-gateway.js';
export type { TcpGatewayOptions } from './tcp-gateway.js';
