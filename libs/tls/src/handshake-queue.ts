import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * Connections of one listener between "accepted" and "let in". A real handshake takes milliseconds,
 * so this many at a time are strangers who say nothing, and the longest silent makes room: whoever
 * means it is past the queue before its turn to go comes.
 */
const MAX_HANDSHAKES = 4096;

/** The handshakes under way, oldest first, with the address each comes from. */
export class HandshakeQueue {
  readonly #limit: number;
  readonly #addresses = new Map<Socket, string>();

  constructor(limit = MAX_HANDSHAKES) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#addresses.size;
  }

  add(socket: Socket): void {
    const [oldest] = this.#addresses.keys();
    if (oldest !== undefined && this.#addresses.size >= this.#limit) {
      this.#addresses.delete(oldest);
      oldest.destroy();
    }
    // Now, for a connection that is closed does not know any more where it came from.
    this.#addresses.set(socket, addressOf(socket));
  }

  /** The connection has left, whichever way; the answer is where it came from. */
  take(secured: TLSSocket): string {
    const socket = underlying(secured) ?? secured;
    const address = this.#addresses.get(socket);
    this.#addresses.delete(socket);
    // One that had to make room.
    return address ?? addressOf(socket);
  }

  destroyAll(): void {
    for (const socket of this.#addresses.keys()) socket.destroy();
    this.#addresses.clear();
  }
}

/**
 * Node has no public way from a TLS socket to the one below, and nothing else tells which of the
 * accepted connections it is. Should a release of Node drop the field, connections in use would stay
 * in the queue and be closed in their turn: there is a test for that.
 */
function underlying(secured: TLSSocket): Socket | undefined {
  return (secured as { readonly _parent?: Socket | null })._parent ?? undefined;
}

/** As Go prints it; "@" for a unix socket. */
function addressOf({ remoteAddress, remotePort }: Socket): string {
  if (remoteAddress === undefined || remotePort === undefined) return '@';
  const plain = remoteAddress.replace(/^::ffff:(?=\d+\.)/u, '');
  return plain.includes(':') ? `[${plain}]:${remotePort}` : `${plain}:${remotePort}`;
}
