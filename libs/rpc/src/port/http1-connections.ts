import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** A socket, or what stands for one within this process. */
interface Connection extends Duplex {
  destroySoon(): void;
}

/**
 * The HTTP/1 connections of a port, given to an HTTP server that does not listen itself. Such a
 * server cannot tell which of them are idle, so that is counted here.
 */
export class Http1Connections {
  readonly #server: HttpServer;
  /** Requests being answered, per open connection. */
  readonly #inFlight = new Map<Connection, number>();
  #whenEmpty: (() => void) | undefined;
  #closing = false;

  constructor(server: HttpServer) {
    this.#server = server;
    // Only on this event does node begin to enforce headersTimeout and requestTimeout; without it
    // a client that sends half a header holds its connection for ever.
    server.emit('listening');
    server.prependListener('request', this.#onRequest);
  }

  accept(socket: Connection): void {
    this.#inFlight.set(socket, 0);
    socket.once('close', () => {
      this.#inFlight.delete(socket);
      if (this.#inFlight.size === 0) this.#whenEmpty?.();
    });
    this.#server.emit('connection', socket);
  }

  readonly #onRequest = ({ socket }: IncomingMessage, response: ServerResponse): void => {
    const before = this.#inFlight.get(socket);
    // The caller may have other ports on the same server.
    if (before === undefined) return;
    if (this.#closing) response.shouldKeepAlive = false;
    this.#inFlight.set(socket, before + 1);
    response.once('close', () => {
      const left = (this.#inFlight.get(socket) ?? 1) - 1;
      if (!socket.destroyed) this.#inFlight.set(socket, left);
      if (this.#closing && left === 0) socket.destroySoon();
    });
  };

  /** Closes idle connections at once, the others after their answer, all after the grace time. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const [socket, requests] of this.#inFlight) if (requests === 0) socket.destroySoon();
    if (this.#inFlight.size > 0) await this.#emptied(graceMs);
    this.#server.off('request', this.#onRequest);
    // Ends the timeouts' timer. It says "not running", which is true.
    this.#server.close(() => undefined);
  }

  #emptied(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const destroyAll = (): void => {
        for (const socket of this.#inFlight.keys()) socket.destroy();
      };
      const timer = setTimeout(destroyAll, graceMs);
      this.#whenEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
