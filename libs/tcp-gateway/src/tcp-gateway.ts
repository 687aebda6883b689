import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { CancelTimer, Logger, Rng, Scheduler } from '@etcd-ts/foundation';
import { dial, verifyRemote } from './dial.js';
import { OwnConnections } from './own-connections.js';
import type { RemoteAddress } from './remote.js';
import { addressText } from './remote.js';
import type { Remote } from './remote-pool.js';
import { RemotePool } from './remote-pool.js';
import { splice } from './splice.js';

export interface TcpGatewayOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly remotes: readonly RemoteAddress[];
  /** After it those that failed are tried again. */
  readonly retryDelayMs: number;
  /** What those are verified with that have to be, asked each time; undefined: as TLS is by default. */
  readonly secureContext: (() => SecureContext) | undefined;
  readonly logger: Logger;
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  /** Clients at a time; default: MAX_CLIENTS. */
  readonly maxClients?: number;
}

/**
 * Each client costs two sockets and their buffers. A circle of gateways, which no single one of them
 * can see, ends here instead of taking the machine's descriptors.
 */
const MAX_CLIENTS = 10_000;
const BACKLOG = 4096;

/** Passes TCP connections on to servers: to each in turn, and to another when one does not answer. */
export class TcpGateway {
  readonly #options: TcpGatewayOptions;
  readonly #pool: RemotePool;
  readonly #server: Server;
  readonly #own = new OwnConnections();
  readonly #sockets = new Set<Socket>();
  readonly #cancelRetries: CancelTimer;

  /** Rejects with the system's error when the address cannot be had. */
  static async listen(options: TcpGatewayOptions): Promise<TcpGateway> {
    const gateway = new TcpGateway(options);
    try {
      await gateway.#bind();
      await gateway.#retry();
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  private constructor(options: TcpGatewayOptions) {
    this.#options = options;
    const { remotes, rng, logger, retryDelayMs, scheduler } = options;
    this.#pool = new RemotePool(remotes, rng, logger);
    this.#server = createServer(
      { allowHalfOpen: true, noDelay: true, keepAlive: true },
      (client) => {
        this.#keep(client);
        void this.#serve(client);
      },
    );
    this.#server.maxConnections = options.maxClients ?? MAX_CLIENTS;
    this.#server.on('drop', () => logger.warn('too many connections; refused one'));
    this.#cancelRetries = scheduler.every(retryDelayMs, () => void this.#retry());
  }

  /** As bound. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections. */
  async stop(): Promise<void> {
    this.#cancelRetries();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #bind(): Promise<void> {
    const { host, port } = this.#options.listen;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ ...(host !== '' && { host }), port, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => {
          this.#options.logger.warn('failed to accept a connection', { error });
        });
        resolve();
      });
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #serve(client: Socket): Promise<void> {
    const early = (): void => {
      client.destroy();
    };
    // Until the other side is known, an end of the client's is only noticed as an error.
    client.on('error', early);
    const dialled = this.#own.accept(client);
    if (dialled !== undefined) {
      client.destroy();
      dialled.destroy();
      return;
    }
    for (const remote of this.#pool.inOrder()) {
      const server = await this.#connect(remote);
      if (client.destroyed) {
        server?.destroy();
        return;
      }
      if (server === undefined) continue;
      client.off('error', early);
      splice(client, server);
      return;
    }
    this.#options.logger.warn('no endpoint answers; closed a connection', {
      client: addressText({ host: client.remoteAddress ?? '', port: client.remotePort ?? 0 }),
    });
    client.destroy();
  }

  async #connect(remote: Remote): Promise<Socket | undefined> {
    const { scheduler } = this.#options;
    try {
      const server = await dial(remote.address, scheduler);
      this.#keep(server);
      const accepted = this.#own.dial(server);
      if (accepted === undefined) {
        if (remote.address.verifyAs === undefined) this.#pool.activate(remote);
        return server;
      }
      accepted.destroy();
      server.destroy();
      this.#pool.deactivate(remote, 'the endpoint leads back to this gateway');
    } catch (error) {
      this.#pool.deactivate(remote, messageOf(error));
    }
    return undefined;
  }

  /** Asks those that failed whether they are back. */
  async #retry(): Promise<void> {
    await Promise.all(this.#pool.inactive.map((remote) => this.#probe(remote)));
  }

  async #probe(remote: Remote): Promise<void> {
    const { scheduler, logger, secureContext } = this.#options;
    const { address } = remote;
    if (address.verifyAs === undefined) {
      (await this.#connect(remote))?.destroy();
      return;
    }
    try {
      await verifyRemote(address, address.verifyAs, secureContext?.(), scheduler);
      this.#pool.activate(remote);
    } catch (error) {
      const fields = { address: addressText(address), error: messageOf(error) };
      logger.warn('failed to verify the certificate of an endpoint', fields);
    }
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
