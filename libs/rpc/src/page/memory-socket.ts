import { must } from '@etcd-ts/foundation';
import { Duplex } from 'node:stream';

/** What handlers of node:http ask a socket for. */
export interface SocketFacts {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** The client came over TLS. */
  readonly encrypted?: boolean | undefined;
}

/**
 * One end of a connection within this process. What is written comes out at the other end, and a
 * writer waits for who reads there, as over TCP: no more than the two stream buffers lies between.
 */
export class MemorySocket extends Duplex {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly encrypted: boolean | undefined;
  #other: MemorySocket | undefined;
  /** Tells the writer at the other end that there is room again. */
  #makeRoom: (() => void) | undefined;

  private constructor({ remoteAddress, remotePort, encrypted }: SocketFacts) {
    super();
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.encrypted = encrypted;
  }

  /** The client's end, and the server's with what is known of the client. */
  static pair(facts: SocketFacts): {
    readonly client: MemorySocket;
    readonly server: MemorySocket;
  } {
    const client = new MemorySocket({});
    const server = new MemorySocket(facts);
    client.#other = server;
    server.#other = client;
    return { client, server };
  }

  /** For handlers that want to hear of a client that vanished: the real connection is told already. */
  setKeepAlive(): this {
    return this;
  }

  /** Closes when everything that was written has arrived. */
  destroySoon(): void {
    if (this.writableFinished) {
      this.destroy();
      return;
    }
    this.once('finish', () => this.destroy());
    if (!this.writableEnded) this.end();
  }

  override _read(): void {
    const makeRoom = this.#makeRoom;
    this.#makeRoom = undefined;
    makeRoom?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    must(this.#other, UNPAIRED).#arrive(chunk, done);
  }

  override _final(done: () => void): void {
    must(this.#other, UNPAIRED).#arrive(null, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Who has said everything leaves the other to read it and to come to the end; who has not is a
    // connection that breaks.
    if (!this.writableFinished) this.#other?.destroy();
    this._read();
    done(error);
  }

  #arrive(chunk: Buffer | null, done: () => void): void {
    // Nobody reads it any more, and no one will be told: as what is sent to a host that has closed.
    const room = this.destroyed || this.push(chunk) || chunk === null;
    if (room) process.nextTick(done);
    else this.#makeRoom = done;
  }
}

const UNPAIRED = 'an end has another end';
