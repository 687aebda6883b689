import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import type { Scheduler } from '@etcd-ts/foundation';
import type { RemoteAddress } from './remote.js';

/** A network that swallows packets would hold a client for minutes. */
const DIAL_TIMEOUT_MS = 5_000;

/** Rejects with the reason when nobody accepts in time. */
export function dial({ host, port }: RemoteAddress, scheduler: Scheduler): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, keepAlive: true });
  return settled(socket, 'connect', scheduler);
}

/** A whole TLS handshake, thrown away after it: rejects unless the certificate is for the name. */
export async function verifyRemote(
  { host, port }: RemoteAddress,
  serverName: string,
  secureContext: SecureContext | undefined,
  scheduler: Scheduler,
): Promise<void> {
  const isAddress = /^[\d.]+$|:/u.test(serverName);
  const socket = connectTls({
    host,
    port,
    ...(secureContext !== undefined && { secureContext }),
    // RFC 6066: an address is no server name.
    ...(!isAddress && { servername: serverName }),
  });
  (await settled(socket, 'secureConnect', scheduler)).destroy();
}

function settled<Connection extends Socket>(
  socket: Connection,
  event: 'connect' | 'secureConnect',
  scheduler: Scheduler,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => {
      cancel();
      socket.destroy();
      reject(error);
    };
    const cancel = scheduler.after(DIAL_TIMEOUT_MS, () => {
      refuse(new Error(`no connection within ${DIAL_TIMEOUT_MS} ms`));
    });
    socket.once('error', refuse);
    socket.once(event, () => {
      cancel();
      socket.off('error', refuse);
      resolve(socket);
    });
  });
}
