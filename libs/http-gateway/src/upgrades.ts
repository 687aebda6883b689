import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { corsHeaders, refusalOf } from './access.js';
import type { AccessOptions } from './access.js';

/** What Node gives for a request with `Connection: Upgrade`: its socket is no longer the server's. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Takes the connection over, or returns false and has done nothing. */
export type Upgrader = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

/**
 * Offers requests for another protocol to `upgrader`, behind the host check and that of the origin:
 * a page may open a WebSocket to any server, so nobody but the server keeps strange pages out. What
 * is not taken is answered by `server` as if nothing but HTTP/1.1 had been asked for (`h2c`).
 */
export function upgradeListener(
  server: Server,
  access: AccessOptions,
  upgrader: Upgrader,
): UpgradeListener {
  return (request, socket, head) => {
    const isTaken = isWelcome(access, request) && upgrader(request, socket, head);
    if (!isTaken) serveWithoutUpgrade(server, request, socket, head);
  };
}

function isWelcome(access: AccessOptions, request: IncomingMessage): boolean {
  if (refusalOf(access, request) !== undefined) return false;
  const { origin } = request.headers;
  return origin === undefined || Object.keys(corsHeaders(access, origin)).length > 0;
}

const HOP_HEADERS = new Set(['connection', 'upgrade', 'http2-settings']);

/** Puts the request back in front of what follows it, less the wish, and lets the server read again. */
function serveWithoutUpgrade(
  server: Server,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  let text = `${method ?? 'GET'} ${url ?? '/'} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (HOP_HEADERS.has(name.toLowerCase())) continue;
    text += `${name}: ${rawHeaders[i + 1] ?? ''}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
