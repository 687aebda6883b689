import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { Readable } from 'node:stream';
import type { ClusterId, MemberId } from '@etcd-ts/foundation';
import { RaftIndex, SeededRng } from '@etcd-ts/foundation';
import type { Entry, Message, ReadState } from '@etcd-ts/raft';
import { MemoryLog, Raft } from '@etcd-ts/raft';
import { decodeConfChange } from '@etcd-ts/wire-protocol';
import { CLOCK, SCHEDULER } from '../testing/real-time.js';
import { RecordingLogger, RecordingObserver } from '../testing/test-member.js';
import { Transport } from '../transport.js';
import type { SnapshotSink } from '../transport-options.js';

export interface RaftMemberSetup {
  readonly id: MemberId;
  readonly clusterId: ClusterId;
  readonly url: string;
  readonly peers: ReadonlyMap<MemberId, string>;
  readonly snapshotSink: SnapshotSink;
}

const TICK_MS = 100;

/** Stands for the content of a database that nobody opens. */
const DATABASE = Buffer.alloc(3_000_000, 'db');

/** This house's raft over this transport, with its log in memory: a member without a server. */
export class RaftMember {
  readonly raft: Raft;
  readonly transport: Transport;
  readonly log = new RecordingLogger();
  readonly observer = new RecordingObserver();
  readonly applied: Entry[] = [];
  readonly reads: ReadState[] = [];
  readonly snapshotReports: string[] = [];
  /** Index of the newest snapshot installed. */
  installed = 0;
  readonly #memory = new MemoryLog();
  readonly #server: Server;
  readonly #cancelTicks: () => void;

  private constructor(setup: RaftMemberSetup, server: Server) {
    this.#server = server;
    const voters = [setup.id, ...setup.peers.keys()].sort((a, b) => (a < b ? -1 : 1));
    this.raft = new Raft({
      id: setup.id,
      electionTicks: 10,
      heartbeatTicks: 1,
      storage: this.#memory,
      applied: RaftIndex(0),
      maxSizePerMessageBytes: 1024 * 1024,
      maxCommittedSizePerReadyBytes: 64 * 1024 * 1024,
      maxUncommittedSizeBytes: 64 * 1024 * 1024,
      maxInflightMessages: 512,
      checkQuorum: true,
      preVote: true,
      readOnly: 'safe',
      rng: new SeededRng(7),
      confState: {
        voters,
        learners: [],
        votersOutgoing: [],
        learnersNext: [],
        autoLeave: false,
      },
    });
    const receive = (message: Message) => {
      this.raft.step(message);
      this.#pumpSoon();
      return 'taken' as const;
    };
    this.transport = new Transport({
      local: {
        id: setup.id,
        clusterId: setup.clusterId,
        serverVersion: '3.7.1',
        peerUrls: [setup.url],
      },
      raft: {
        receive,
        reportUnreachable: (id) => this.raft.reportUnreachable(id),
        reportSnapshot: (id, outcome) => {
          this.snapshotReports.push(outcome);
          this.raft.reportSnapshot(id, outcome);
        },
        isRemoved: () => false,
        removedFromCluster: () => undefined,
      },
      snapshotSource: {
        open: (message) =>
          Promise.resolve({
            message,
            sizeBytes: DATABASE.length,
            chunks: Readable.from([DATABASE]),
            close: () => undefined,
          }),
      },
      snapshotSink: setup.snapshotSink,
      dialTimeoutMs: 2_000,
      clock: CLOCK,
      scheduler: SCHEDULER,
      logger: this.log,
      observer: this.observer,
    });
    server.on('request', (request, response) => {
      if (this.transport.serve(request, response)) return;
      response.end('{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}');
    });
    for (const [id, url] of setup.peers) this.transport.addPeer(id, [url]);
    this.#cancelTicks = SCHEDULER.every(TICK_MS, () => {
      this.raft.tick();
      this.#pump();
    });
  }

  static async start(setup: RaftMemberSetup): Promise<RaftMember> {
    const server = createServer({ requestTimeout: 0 });
    const port = Number(new URL(setup.url).port);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return new RaftMember(setup, server);
  }

  #pumping = false;
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    SCHEDULER.soon(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  /** Runs what raft wants done; to be called after everything asked of it. */
  pump(): void {
    this.#pump();
  }

  #pump(): void {
    while (this.raft.hasReady()) {
      const ready = this.raft.ready();
      this.transport.send(ready.messages);
      if (ready.snapshot) {
        this.#memory.applySnapshot(ready.snapshot);
        this.installed = ready.snapshot.metadata.index;
      }
      this.#memory.append(ready.entries);
      if (ready.hardState) this.#memory.setHardState(ready.hardState);
      if (ready.snapshot) this.raft.snapshotPersisted(ready.snapshot.metadata.index);
      const last = ready.entries.at(-1);
      if (last) this.raft.persisted(last.index, last.term);
      this.transport.send(ready.messagesAfterPersist);
      for (const entry of ready.committedEntries) this.#apply(entry);
      this.reads.push(...ready.readStates);
    }
  }

  #apply(entry: Entry): void {
    if (entry.type === 'confChange') this.raft.applyConfChange(decodeConfChange(entry.data));
    this.applied.push(entry);
    this.raft.applied(entry.index);
  }

  async stop(): Promise<void> {
    this.#cancelTicks();
    this.transport.stop();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
