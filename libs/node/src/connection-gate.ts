import type { Socket } from 'node:net';

/** Connections that may wait for the node to be ready; the kernel's own backlog is about as long. */
const MAX_WAITING_CONNECTIONS = 1024;

/**
 * Between a listener that is bound early, so that a busy port is found before anything is written,
 * and a server that answers only once the member can.
 */
export class ConnectionGate {
  readonly #accept: (socket: Socket) => void;
  #waiting: Socket[] | undefined = [];

  constructor(accept: (socket: Socket) => void) {
    this.#accept = accept;
  }

  acceptConnection(socket: Socket): void {
    if (this.#waiting === undefined) {
      this.#accept(socket);
    } else if (this.#waiting.length >= MAX_WAITING_CONNECTIONS) {
      socket.destroy();
    } else {
      // A client that gives up while it waits is no error of ours.
      socket.on('error', ignore);
      this.#waiting.push(socket);
    }
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const socket of waiting) {
      socket.off('error', ignore);
      if (!socket.destroyed) this.#accept(socket);
    }
  }

  /** The node will never be ready. */
  refuse(): void {
    for (const socket of this.#waiting ?? []) socket.destroy();
    this.#waiting = [];
  }
}

const ignore = (): void => undefined;
