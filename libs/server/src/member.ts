import { NO_MEMBER, hexId } from '@etcd-ts/foundation';
import type { CancelTimer } from '@etcd-ts/foundation';
import { ERRORS } from '@etcd-ts/wire-protocol';

import type { EtcdServer } from './etcd-server.js';
import { assembleMember } from './member-assembly.js';
import type { AssembledMember, MemberParts } from './member-assembly.js';
import { decideClusterVersion, publish } from './publication.js';
import { startAutoCompaction } from './upkeep/auto-compactor.js';
import { startLeaseExpiry } from './upkeep/lease-expiry.js';

/** How often overdue requests are looked for; a timeout of seconds needs no finer clock. */
const TIMEOUT_CHECK_MS = 250;

/** One running member of a cluster, without any network: the faces are put in front of it. */
export interface Member {
  readonly server: EtcdServer;
  /** Resolves when requests can be served; rejects if the member stops before. */
  readonly ready: Promise<void>;
  /** Resolves when the member has stopped: with the reason, or undefined after stop(). */
  readonly stopped: Promise<Error | undefined>;
  /** Brings the gauges up to date that are computed only when somebody looks. */
  refreshMetrics(): void;
  /** Refuses new requests, fails those under way, makes everything durable, closes the files. */
  stop(): Promise<void>;
}

export async function openMember(parts: MemberParts): Promise<Member> {
  const running = new RunningMember(parts);
  await running.open();
  return running;
}

class RunningMember implements Member {
  readonly #parts: MemberParts;
  #assembled: AssembledMember | undefined;
  readonly #cancels: CancelTimer[] = [];
  #isStopped = false;
  #reportReady: (error?: Error) => void = () => undefined;
  #reportStopped: (error: Error | undefined) => void = () => undefined;
  readonly ready: Promise<void>;
  readonly stopped: Promise<Error | undefined>;
  #stopping: Promise<void> | undefined;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    this.ready = new Promise((resolve, reject) => {
      this.#reportReady = (error) => (error === undefined ? resolve() : reject(error));
    });
    // Whoever does not wait for readiness hears of a failure through `stopped`.
    this.ready.catch(() => undefined);
    this.stopped = new Promise((resolve) => (this.#reportStopped = resolve));
  }

  get server(): EtcdServer {
    return this.#running.server;
  }

  get #running(): AssembledMember {
    if (this.#assembled === undefined) throw ERRORS.Stopped.error();
    return this.#assembled;
  }

  async open(): Promise<void> {
    this.#assembled = await assembleMember(this.#parts, {
      stopped: () => this.#isStopped,
      failed: (error) => this.#fail(error),
    });
    this.#startUpkeep();
    const { loop } = this.#running;
    loop.start();
    this.#parts.scheduler.soon(() => {
      // After the first turn, in which the committed membership changes were applied.
      if (!this.#isStopped) loop.campaignIfAlone();
    });
    void this.#announce();
  }

  refreshMetrics(): void {
    if (!this.#isStopped) this.#running.refreshMetrics();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #announce(): Promise<void> {
    const { config, scheduler, logger } = this.#parts;
    const { consensus, cluster } = this.#running;
    const publication = {
      consensus,
      cluster,
      scheduler,
      logger: logger.named('server/publication'),
      name: config.name,
      clientUrls: config.advertiseClientUrls.map((url) => url.text),
      stopped: () => this.#isStopped,
    };
    await publish(publication);
    this.#reportReady(this.#isStopped ? ERRORS.Stopped.error() : undefined);
    await decideClusterVersion(publication);
  }

  #startUpkeep(): void {
    const { config, scheduler, clock, logger, metrics } = this.#parts;
    const { raft, server, lessor, store, committer, snapshotter, compaction } = this.#running;
    committer.start();
    snapshotter.start();
    compaction.resume();
    this.#cancels.push(
      scheduler.every(TIMEOUT_CHECK_MS, () => this.#expire()),
      startLeaseExpiry({
        lessor,
        clock,
        scheduler,
        logger: logger.named('server/lease-expiry'),
        revoke: async (id) => void (await server.leases.revoke({ ID: id })),
        expired: () => metrics.lease.expired.inc(),
      }),
      startAutoCompaction(config.autoCompaction, {
        clock,
        scheduler,
        logger: logger.named('server/auto-compactor'),
        currentRevision: () => store.currentRevision,
        isLeader: () => raft.isLeader,
        compact: async (revision) => this.#compact(revision),
      }),
    );
  }

  async #compact(revision: number): Promise<'done' | 'failed'> {
    try {
      await this.server.keyValues.compact({ revision: BigInt(revision), physical: false });
      return 'done';
    } catch (error) {
      const compacted = error instanceof Error && error.message === ERRORS.Compacted.message;
      return compacted ? 'done' : 'failed';
    }
  }

  #expire(): void {
    const { proposals, reads } = this.#running;
    const { server } = this.#parts.metrics;
    server.proposalsFailed.inc(proposals.expire());
    server.readIndexesFailed.inc(reads.expire());
  }

  /** A failure leaves everything as it is on disk: nothing half done may be committed. */
  #fail(error: Error): void {
    if (this.#isStopped) return;
    this.#quiesce();
    this.#parts.logger.error('member stopped after a failure', { error });
    this.#reportReady(error);
    this.#reportStopped(error);
  }

  async #stop(): Promise<void> {
    if (this.#isStopped) return;
    const { loop, snapshotter, backend, wal, directory, raft } = this.#running;
    this.#quiesce();
    await loop.stop();
    await snapshotter.stop();
    await backend.commitDurable();
    await backend.close();
    await wal.close();
    directory.close();
    this.#parts.logger.info('stopped local member', {
      'local-member-id': hexId(raft.id),
      leader: raft.leader === NO_MEMBER ? 'none' : hexId(raft.leader),
    });
    this.#reportReady(ERRORS.Stopped.error());
    this.#reportStopped(undefined);
  }

  #quiesce(): void {
    this.#isStopped = true;
    const { proposals, reads, committer, compaction, reclaimer, catchUp } = this.#running;
    for (const cancel of this.#cancels) cancel();
    for (const part of [committer, compaction, reclaimer, catchUp]) part.stop();
    proposals.failAll(() => ERRORS.Stopped.error());
    reads.failAll(() => ERRORS.Stopped.error());
  }
}
