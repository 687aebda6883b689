import type { WebSocket } from 'ws';
import { canceled } from './request-call.js';

/** Below the minute after which proxies give up idle connections. */
export const PING_INTERVAL_MS = 30_000;

/**
 * Pings the client, and gives it up when it has not answered until the next one is due: a watch that
 * nothing happens on would stay for ever otherwise. Aborts when the client is gone.
 */
export function watchOver(socket: WebSocket, intervalMs = PING_INTERVAL_MS): AbortSignal {
  const gone = new AbortController();
  let isAlive = true;
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, intervalMs);
  // A client is no reason for a process to go on.
  timer.unref();
  socket.on('pong', () => (isAlive = true));
  // What was wrong is told to the client by its library's close code; `close` follows.
  socket.on('error', () => undefined);
  socket.once('close', () => {
    clearInterval(timer);
    gone.abort(canceled());
  });
  return gone.signal;
}
