import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';

/** IPv4 addresses as a listener for both families shows them. */
const MAPPED = /^::ffff:(?=\d+\.)/u;

/** "address:port" as Go prints it; "@" for a unix socket, whose clients have no name. */
export function peerName(socket: Duplex): string {
  const { remoteAddress, remotePort } = socket as {
    readonly remoteAddress?: string;
    readonly remotePort?: number;
  };
  if (remoteAddress === undefined || remotePort === undefined) return '@';
  const address = remoteAddress.replace(MAPPED, '');
  return isIPv6(address) ? `[${address}]:${remotePort}` : `${address}:${remotePort}`;
}
