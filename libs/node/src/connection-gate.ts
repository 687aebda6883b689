import type { ClientIdentity } from '@etcd-ts/rpc';
import type { Socket } from 'node:net';

type Accept = (socket: Socket, client: ClientIdentity) => void;

/** Connections that may wait for the node to be ready; the kernel's own backlog is about as long. */
const MAX_WAITING_CONNECTIONS = 1024;

/**
 * Between a listener that is bound early, so that a busy port is found before anything is written,
 * and a server that answers only once the member can.
 */
export class ConnectionGate {
  readonly #accept: Accept;
  readonly #waiting = new Map<Socket, ClientIdentity>();
  #state: 'closed' | 'open' | 'refusing' = 'closed';

  constructor(accept: Accept) {
    this.#accept = accept;
  }

  acceptConnection(socket: Socket, client: ClientIdentity = {}): void {
    if (this.#state === 'open') this.#accept(socket, client);
    else if (this.#state === 'refusing' || this.#waiting.size >= MAX_WAITING_CONNECTIONS) {
      socket.destroy();
    } else this.#keep(socket, client);
  }

  /** Once refused, it stays so: a node that stopped before it was ready is never ready. */
  open(): void {
    if (this.#state !== 'closed') return;
    this.#state = 'open';
    for (const [socket, client] of this.#waiting) {
      socket.off('error', ignore);
      this.#accept(socket, client);
    }
    this.#waiting.clear();
  }

  refuse(): void {
    this.#state = 'refusing';
    for (const socket of this.#waiting.keys()) socket.destroy();
    this.#waiting.clear();
  }

  #keep(socket: Socket, client: ClientIdentity): void {
    // A client that gives up while it waits is no error of ours, and makes room for another.
    socket.on('error', ignore).once('close', () => this.#waiting.delete(socket));
    this.#waiting.set(socket, client);
  }
}

const ignore = (): void => undefined;
