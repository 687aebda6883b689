import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock, LogFields, Logger, Scheduler } from '@etcd-ts/foundation';
import { ClusterId, MemberId } from '@etcd-ts/foundation';
import type { InstallSnapshot, Message } from '@etcd-ts/raft';
import { Transport } from '../transport.js';
import type {
  RaftPort,
  ReceiveOutcome,
  SnapshotContent,
  SnapshotSink,
  TransportObserver,
} from '../transport-options.js';
import { CLOCK, SCHEDULER } from './real-time.js';

export const CLUSTER = ClusterId(0xc1a5n);

export interface MemberSetup {
  readonly id: bigint;
  readonly clusterId?: ClusterId;
  readonly serverVersion?: string;
  readonly clock?: Clock;
  readonly scheduler?: Scheduler;
  readonly snapshotSink?: SnapshotSink;
  readonly port?: number;
  /** Serves and dials with this certificate, which is its own authority. */
  readonly certificate?: { readonly key: string; readonly cert: string };
}

/** What raft would have been told. */
class RecordingRaft implements RaftPort {
  readonly received: Message[] = [];
  readonly unreachable: MemberId[] = [];
  readonly snapshots: string[] = [];
  readonly removedMembers = new Set<MemberId>();
  removed = 0;
  outcome: ReceiveOutcome = 'taken';

  receive(message: Message): ReceiveOutcome {
    if (this.outcome === 'taken') this.received.push(message);
    return this.outcome;
  }
  reportUnreachable(id: MemberId): void {
    this.unreachable.push(id);
  }
  reportSnapshot(_: MemberId, outcome: string): void {
    this.snapshots.push(outcome);
  }
  isRemoved(id: MemberId): boolean {
    return this.removedMembers.has(id);
  }
  removedFromCluster(): void {
    this.removed++;
  }
}

/** Every observation as a line, counts and sizes apart. */
export class RecordingObserver implements TransportObserver {
  readonly lines: string[] = [];
  sentBytes = 0;
  receivedBytes = 0;
  sendFailures = 0;
  receiveFailures = 0;
  roundTrips: number[] = [];

  sent(_: MemberId, bytes: number): void {
    this.sentBytes += bytes;
  }
  sendFailed(): void {
    this.sendFailures++;
  }
  received(_: MemberId, bytes: number): void {
    this.receivedBytes += bytes;
  }
  receiveFailed(): void {
    this.receiveFailures++;
  }
  peerActive(id: MemberId): void {
    this.lines.push(`active ${id}`);
  }
  peerInactive(id: MemberId, lost: boolean): void {
    this.lines.push(`${lost ? 'lost' : 'inactive'} ${id}`);
  }
  roundTrip(_: MemberId, seconds: number): void {
    this.roundTrips.push(seconds);
  }
  snapshotSending(to: MemberId): void {
    this.lines.push(`snapshot to ${to}`);
  }
  snapshotSent(to: MemberId, succeeded: boolean): void {
    this.lines.push(`snapshot to ${to} ${succeeded ? 'sent' : 'failed'}`);
  }
  snapshotReceiving(from: MemberId): void {
    this.lines.push(`snapshot from ${from}`);
  }
  snapshotReceived(from: MemberId, succeeded: boolean): void {
    this.lines.push(`snapshot from ${from} ${succeeded ? 'received' : 'failed'}`);
  }
  snapshotRefused(from: MemberId | undefined): void {
    this.lines.push(`snapshot from ${from} refused`);
  }
}

export class RecordingLogger implements Logger {
  readonly lines: string[] = [];
  #write(level: string, message: string, fields: LogFields = {}): void {
    const error = 'error' in fields ? `: ${String(fields['error'])}` : '';
    this.lines.push(`${level} ${message}${error}`);
  }
  debug = (message: string, fields?: LogFields) => this.#write('debug', message, fields);
  info = (message: string, fields?: LogFields) => this.#write('info', message, fields);
  warn = (message: string, fields?: LogFields) => this.#write('warn', message, fields);
  error = (message: string, fields?: LogFields) => this.#write('error', message, fields);
  fatal = (message: string, fields?: LogFields) => this.#write('fatal', message, fields);
  named = () => this;
  has(line: string): boolean {
    return this.lines.some((candidate) => candidate.includes(line));
  }
}

const trusting = (ca: string) => () => ({ ca });

/** A transport behind a real port, with everything around it recorded. */
export class TestMember {
  readonly id: MemberId;
  readonly raft = new RecordingRaft();
  readonly observer = new RecordingObserver();
  readonly log = new RecordingLogger();
  readonly server: Server;
  readonly transport: Transport;
  readonly url: string;
  openSnapshot: (message: InstallSnapshot) => Promise<SnapshotContent> = () =>
    Promise.reject(new Error('no snapshot'));

  private constructor(setup: MemberSetup, server: Server) {
    this.id = MemberId(setup.id);
    this.server = server;
    this.url = `${setup.certificate ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.transport = new Transport({
      local: {
        id: this.id,
        clusterId: setup.clusterId ?? CLUSTER,
        serverVersion: setup.serverVersion ?? '3.7.1',
        peerUrls: [this.url],
      },
      raft: this.raft,
      snapshotSource: { open: (message) => this.openSnapshot(message) },
      snapshotSink: setup.snapshotSink ?? {
        save: () => Promise.reject(new Error('no place for snapshots')),
      },
      dialTimeoutMs: 2_000,
      ...(setup.certificate && { tls: trusting(setup.certificate.cert) }),
      clock: setup.clock ?? CLOCK,
      scheduler: setup.scheduler ?? SCHEDULER,
      logger: this.log,
      observer: this.observer,
    });
    server.on('request', (request, response) => {
      if (this.transport.serve(request, response)) return;
      response.writeHead(404).end();
    });
  }

  static async start(setup: MemberSetup): Promise<TestMember> {
    const server = setup.certificate
      ? createTlsServer({ requestTimeout: 0, ...setup.certificate })
      : createServer({ requestTimeout: 0 });
    await new Promise<void>((resolve) => server.listen(setup.port ?? 0, '127.0.0.1', resolve));
    return new TestMember(setup, server);
  }

  async stop(): Promise<void> {
    this.transport.stop();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Makes each of them a peer of each other. */
export function acquaint(...members: readonly TestMember[]): void {
  for (const member of members) {
    for (const other of members) {
      if (other !== member) member.transport.addPeer(other.id, [other.url]);
    }
  }
}
