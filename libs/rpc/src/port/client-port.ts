import type { Logger } from '@etcd-ts/foundation';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
import { createServer, type Server as NetServer } from 'node:net';
import { Http1Connections } from './http1-connections.js';
import type { ListenAddress, ResolvedAddress } from './listen-address.js';
import { bindError, codeOf, resolveListenAddress, withoutIpv6 } from './listen-address.js';
import { MemorySocket } from '../page/memory-socket.js';
import type { AcceptedClient, ClientIdentity } from '../transport/grpc-connection.js';
import { identify } from './client-identity.js';
import { MAX_SNIFF_BYTES, sniffProtocol } from './protocol-sniffer.js';

/** Who comes over a plain connection. */
const NOBODY: ClientIdentity = {};

/** What is served on an address; `--listen-client-http-urls` takes HTTP/1 off the other ports. */
export type ServedProtocols = 'all' | 'grpc' | 'http';

export interface ClientPortAddress {
  readonly address: ListenAddress;
  readonly serve: ServedProtocols;
  /** Makes what stands between this address and the servers: TLS. Without it connections are plain. */
  readonly secure?: (admit: Admit) => SecureLayer;
}

/** Called for each connection that may come in, by whom its certificate says it is. */
export type Admit = (socket: Socket, client: ClientIdentity) => void;

export interface SecureLayer {
  /** Takes the connection over; `admit` has what becomes of it, unless it is refused. */
  accept(socket: Socket): void;
  /** Ends what has not been admitted. */
  close(): void;
}

export interface ClientPortOptions {
  readonly addresses: readonly ClientPortAddress[];
  readonly grpc: { acceptConnection(socket: Socket, client: AcceptedClient): void };
  /** Must not listen itself. Its 'request' and 'upgrade' listeners are the caller's. */
  readonly http: HttpServer;
  /** A connection whose protocol is not known after this time is closed. */
  readonly sniffTimeoutMs: number;
  readonly logger: Logger;
}

/** Go's default for accepted connections: a client that vanished is noticed without a word of it. */
const TCP_KEEPALIVE_DELAY_MS = 15_000;

const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/**
 * The addresses clients connect to. gRPC and HTTP/1 share a port: the first bytes of a connection
 * say whose it is, and are then put back for the server that gets it. Requests over HTTP/2 that are
 * no calls go to the HTTP/1 server as well.
 */
export class ClientPort {
  readonly #options: ClientPortOptions;
  readonly #http1: Http1Connections;
  readonly #listeners: NetServer[] = [];
  readonly #secureLayers: SecureLayer[] = [];
  /** Connections whose protocol is not known yet. */
  readonly #sniffing = new Set<Socket>();
  #closed = false;

  private constructor(options: ClientPortOptions) {
    this.#options = options;
    this.#http1 = new Http1Connections(options.http);
  }

  /** Listens on all addresses or on none: the first that fails is thrown as a ListenError. */
  static async listen(options: ClientPortOptions): Promise<ClientPort> {
    const port = new ClientPort(options);
    try {
      for (const { address, serve, secure } of options.addresses) {
        await port.#bind(await resolveListenAddress(address), port.#intake(serve, secure));
      }
    } catch (error) {
      await port.close(0);
      throw error;
    }
    return port;
  }

  /** As bound, in the order asked for: the way to learn the port where it was 0. */
  get addresses(): readonly ListenAddress[] {
    return this.#listeners.map((listener) => {
      const bound = listener.address() as AddressInfo | string;
      if (typeof bound === 'string') return { socketPath: bound };
      return { host: bound.address, port: bound.port };
    });
  }

  /**
   * Stops listening, and ends HTTP/1 connections: idle ones at once, busy ones when they have their
   * answer, or after the grace time. gRPC connections are the gRPC server's to end.
   */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
    for (const layer of this.#secureLayers) layer.close();
    for (const socket of this.#sniffing) socket.destroy();
    await this.#http1.close(graceMs);
  }

  /** What becomes of an accepted connection. */
  #intake(serve: ServedProtocols, secure: ClientPortAddress['secure']): (socket: Socket) => void {
    const sniff: Admit = (socket, client) => this.#sniff(socket, serve, client);
    if (secure === undefined) return (socket) => sniff(socket, NOBODY);
    const layer = secure(sniff);
    this.#secureLayers.push(layer);
    return (socket) => {
      if (this.#closed) socket.destroy();
      else layer.accept(socket);
    };
  }

  async #bind(resolved: ResolvedAddress, intake: (socket: Socket) => void): Promise<void> {
    const listener = createServer(
      {
        // As node's HTTP server has it: who sends a request and closes its half wants the answer.
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: TCP_KEEPALIVE_DELAY_MS,
      },
      intake,
    );
    try {
      await bindIpv6OrIpv4(listener, resolved.options);
    } catch (error) {
      throw bindError(resolved, error);
    }
    // Out of file descriptors, for one: that connection is lost, the listener goes on.
    listener.on('error', (error) => {
      this.#options.logger.warn('failed to accept a client connection', { error });
    });
    this.#listeners.push(listener);
  }

  #sniff(socket: Socket, serve: ServedProtocols, client: ClientIdentity): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#sniffing.add(socket);
    const timer = setTimeout(() => socket.destroy(), this.#options.sniffTimeoutMs);
    let seen: Buffer = Buffer.alloc(0);
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
      const protocol = sniffProtocol(seen.subarray(0, MAX_SNIFF_BYTES));
      if (protocol === 'undecided') return;
      socket.off('readable', onReadable).off('end', abandon).off('error', abandon);
      socket.off('close', forget);
      forget();
      // Back to the front of what is still to be read, so that nobody sees that it was looked at.
      socket.unshift(seen);
      if (protocol === 'http2' && serve !== 'http') this.#serveHttp2(socket, serve, client);
      else if (protocol === 'http1' && serve !== 'grpc') this.#serveHttp1(socket, client);
      else refuse(socket);
    };
    const forget = (): void => {
      clearTimeout(timer);
      this.#sniffing.delete(socket);
    };
    const abandon = (): void => {
      socket.destroy();
    };
    socket.on('readable', onReadable).on('end', abandon).on('error', abandon).on('close', forget);
  }

  #serveHttp1(socket: Socket | MemorySocket, client: ClientIdentity): void {
    identify(socket, client);
    this.#http1.accept(socket);
  }

  #serveHttp2(socket: Socket, serve: ServedProtocols, client: ClientIdentity): void {
    // HTTP/2 ends a connection as a whole: a client's half-closed one would stay open for ever.
    socket.allowHalfOpen = false;
    const pages = (): MemorySocket => this.#connectPages(socket, client);
    this.#options.grpc.acceptConnection(socket, serve === 'all' ? { ...client, pages } : client);
  }

  /** For a request over HTTP/2 that is no call: its way to the HTTP/1 server. */
  #connectPages(socket: Socket, client: ClientIdentity): MemorySocket {
    const { remoteAddress, remotePort } = socket;
    const encrypted = 'encrypted' in socket ? true : undefined;
    const pair = MemorySocket.pair({ remoteAddress, remotePort, encrypted });
    if (this.#closed) pair.server.destroy();
    else this.#serveHttp1(pair.server, client);
    return pair.client;
  }
}

/**
 * Resetting a connection with unread bytes would lose the answer; so they are read, and the answer's
 * end is waited for.
 */
function refuse(socket: Socket): void {
  socket.on('error', () => socket.destroy()).resume();
  socket.end(BAD_REQUEST, () => socket.destroySoon());
}

async function bindIpv6OrIpv4(listener: NetServer, options: ListenOptions): Promise<void> {
  try {
    await bind(listener, options);
  } catch (error) {
    const fallback = withoutIpv6(options);
    const noIpv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(error));
    if (fallback === undefined || !noIpv6) throw error;
    await bind(listener, fallback);
  }
}

function bind(listener: NetServer, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options, () => {
      listener.off('error', reject);
      resolve();
    });
  });
}
