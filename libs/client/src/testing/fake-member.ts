import { createServer, type Server, type Socket } from 'node:net';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import type { BoundService, ServiceHandlers } from '@etcd-ts/rpc';
import { bindService, GrpcServer } from '@etcd-ts/rpc';
import {
  AuthDefinition,
  EtcdError,
  GrpcStatus,
  KVDefinition,
  LeaseDefinition,
  WatchDefinition,
} from '@etcd-ts/wire-protocol';
import type { ResponseHeader } from '@etcd-ts/wire-protocol';

export type KvHandlers = Partial<ServiceHandlers<KVDefinition>>;
export type WatchHandlers = ServiceHandlers<WatchDefinition>;
export type LeaseHandlers = Partial<ServiceHandlers<LeaseDefinition>>;
export type AuthHandlers = Partial<ServiceHandlers<AuthDefinition>>;

export interface MemberScript {
  readonly kv?: KvHandlers;
  readonly watch?: WatchHandlers;
  readonly lease?: LeaseHandlers;
  readonly auth?: AuthHandlers;
}

const ignore = (): void => undefined;
const UNOBSERVED = {
  started: ignore,
  handled: ignore,
  messageReceived: ignore,
  messageSent: ignore,
};

export const HEADER: ResponseHeader = { clusterId: 1n, memberId: 2n, revision: 3n, raftTerm: 4n };

/** A member that does what its script says, over real HTTP/2. */
export class FakeMember {
  readonly endpoint: string;
  readonly #server: Server;
  readonly #grpc: GrpcServer;
  readonly #sockets = new Set<Socket>();

  static async start(script: MemberScript, port = 0): Promise<FakeMember> {
    const grpc = new GrpcServer({
      maxReceiveBytes: 8 * 1024 * 1024,
      maxConcurrentStreams: 1000,
      keepaliveMinTimeMs: 5_000,
      keepaliveIntervalMs: 7_200_000,
      keepaliveTimeoutMs: 20_000,
      logger: SILENT_LOGGER,
      observer: { method: () => UNOBSERVED },
    });
    for (const service of servicesOf(script)) grpc.add(service);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return new FakeMember(server, grpc);
  }

  private constructor(server: Server, grpc: GrpcServer) {
    this.#server = server;
    this.#grpc = grpc;
    const address = server.address();
    this.endpoint = typeof address === 'object' ? `127.0.0.1:${address?.port}` : '';
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      grpc.acceptConnection(socket);
    });
  }

  get port(): number {
    return Number(this.endpoint.split(':')[1]);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** As a machine that loses its power: no goodbye. */
  cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cutConnections();
    await this.#grpc.close(0);
    await closed;
  }
}

function servicesOf({ kv, watch, lease, auth }: MemberScript): BoundService[] {
  return [
    bindService(KVDefinition, complete(KVDefinition.methods, kv)),
    bindService(LeaseDefinition, complete(LeaseDefinition.methods, lease)),
    bindService(AuthDefinition, complete(AuthDefinition.methods, auth)),
    bindService(WatchDefinition, complete(WatchDefinition.methods, watch)),
  ];
}

/** What the script leaves out is refused. */
function complete<Handlers extends object>(
  methods: object,
  handlers: Partial<Handlers> | undefined,
): Handlers {
  const refuse = (): never => {
    throw new EtcdError({ code: GrpcStatus.Unimplemented, message: 'not in the script' });
  };
  const all = Object.keys(methods).map((name) => [name, refuse]);
  return { ...(Object.fromEntries(all) as Handlers), ...handlers };
}
