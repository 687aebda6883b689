import type { Duplex } from 'node:stream';
import type { ClientIdentity } from '../transport/grpc-connection.js';

const IDENTITY = Symbol('client identity');

interface Identified {
  [IDENTITY]?: ClientIdentity;
}

/** On the connection itself, where whoever answers its requests finds it. */
export function identify(socket: Duplex & Identified, client: ClientIdentity): void {
  socket[IDENTITY] = client;
}

/** Of the socket of an HTTP request: what was known when its connection was let in. */
export function clientIdentityOf(socket: Duplex & Identified): ClientIdentity {
  return socket[IDENTITY] ?? {};
}
