import type { Socket } from 'node:net';

/**
 * Tells a connection that the gateway has made to itself: by a name or an address nobody would know
 * for its own at the start (CVE-2020-15114). Both ends of such a connection are here, and what is
 * the near end for one is the far end for the other. Whichever end is seen second finds the first.
 */
export class OwnConnections {
  readonly #dialled = new Map<string, Socket>();
  readonly #accepted = new Map<string, Socket>();

  /** True: this comes from here; both ends are for the caller to close. */
  accept(socket: Socket): Socket | undefined {
    const farEnd = endOf(socket.remoteAddress, socket.remotePort);
    this.#accepted.set(farEnd, socket);
    socket.once('close', () => this.#accepted.delete(farEnd));
    return this.#dialled.get(farEnd);
  }

  /** The accepted end of a connection that was just dialled, if it leads back here. */
  dial(socket: Socket): Socket | undefined {
    const nearEnd = endOf(socket.localAddress, socket.localPort);
    this.#dialled.set(nearEnd, socket);
    socket.once('close', () => this.#dialled.delete(nearEnd));
    return this.#accepted.get(nearEnd);
  }
}

/** A listener on both families sees IPv4 addresses mapped into IPv6. */
const endOf = (address = '', port = 0): string => `${address.replace(/^::ffff:/u, '')} ${port}`;
