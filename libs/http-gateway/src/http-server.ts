import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Time for the header of a request: a client that dribbles it holds a socket, no longer. */
export const HEADERS_TIMEOUT_MS = 10_000;
/** How often the two are looked after: Node's own half a minute would be the real time-out. */
const TIMEOUT_CHECK_INTERVAL_MS = 2_000;
/** Time for a whole request with its body, which no route of ours reads. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** As Node's own default, named because it bounds what one connection may put into memory. */
export const MAX_HEADER_BYTES = 16 * 1024;
/** An idle connection is kept for scrapers, which come every 15 to 60 seconds. */
export const KEEP_ALIVE_TIMEOUT_MS = 120_000;

/**
 * An HTTP/1.1 server with this house's limits. It need not listen: connections that another port
 * has sorted out are given to it with `emit('connection', socket)`. A request timeout of 0 is none.
 */
export function createHttpServer(
  listener: RequestListener,
  { requestTimeoutMs = REQUEST_TIMEOUT_MS } = {},
): Server {
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    listener,
  );
  server.on('clientError', refuse);
  return server;
}

const REFUSALS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** Bytes that are no HTTP: Go's answer, then the end of the connection. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = REFUSALS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`,
    () => socket.destroy(),
  );
}
