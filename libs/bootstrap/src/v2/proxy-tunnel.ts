import { request } from 'node:http';
import type { Socket } from 'node:net';
import { addressOf, credentialsOf } from './url-parts.js';

/** A connection to `target` that an HTTP proxy passes through (CONNECT, RFC 9110 section 9.3.6). */
export function openTunnel(
  proxy: URL,
  target: URL,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const { host, port } = addressOf(target);
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const credentials = credentialsOf(proxy);
  const call = request({
    ...addressOf(proxy),
    method: 'CONNECT',
    path: authority,
    agent: false,
    headers: {
      host: authority,
      ...(credentials !== undefined && { 'proxy-authorization': credentials }),
    },
    ...(signal !== undefined && { signal }),
  });
  return new Promise((resolve, reject) => {
    call.once('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`proxy refused the connection with status ${response.statusCode}`));
    });
    call.once('error', reject);
    call.end();
  });
}
