import { NO_MEMBER, hexId } from '@etcd-ts/foundation';
import type { CancelTimer } from '@etcd-ts/foundation';
import { ERRORS } from '@etcd-ts/wire-protocol';

import type { EtcdServer } from './etcd-server.js';
import { closeStorage } from './bootstrap/close-storage.js';
import { assembleMember } from './member-assembly.js';
import { electionTicks } from './member-core.js';
import type { AssembledMember, MemberParts } from './member-assembly.js';
import { Departure } from './peers/departure.js';
import { hastenFirstElection } from './peers/first-election.js';
import { MemberRemovedError } from './peers/member-removed-error.js';
import { transferOnStop } from './peers/leadership-transfer.js';
import { publish } from './publication.js';
import { createHashCheck, startDuties } from './upkeep/duties.js';

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
  /**
   * Refuses new requests, fails those under way, makes everything durable, closes the files. Due
   * after a failure too: only then are the files closed and the directory's lock released.
   */
  stop(): Promise<void>;
}

/** Rejects when the directory cannot be opened or the state not be restored; nothing stays open. */
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
  #failure: Error | undefined;
  #reportReady: (error?: Error) => void = () => undefined;
  #reportStopped: (error: Error | undefined) => void = () => undefined;
  readonly ready: Promise<void>;
  readonly stopped: Promise<Error | undefined>;
  #stopping: Promise<void> | undefined;
  /** Since it was removed. */
  #ownDeparture: Departure | undefined;

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
      removed: () => this.#departure().begin(),
      removalConfirmed: () => this.#departure().confirmed(),
    });
    try {
      await this.#checkData();
      this.#startUpkeep();
      this.#startLoop(this.#running);
    } catch (error) {
      await this.stop();
      throw error;
    }
    void this.#announce();
  }

  /** Nothing is served, and no vote is given, on data that another member disagrees with. */
  async #checkData(): Promise<void> {
    if (!this.#parts.config.initialCorruptCheck) return;
    await createHashCheck(this.#parts, this.#running, () => this.#isStopped).checkBeforeServing();
  }

  refreshMetrics(): void {
    if (!this.#isStopped) this.#running.refreshMetrics();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #startLoop({ loop, network, localId }: AssembledMember): void {
    const { scheduler, config, logger } = this.#parts;
    loop.start();
    // After the first turn, in which the committed membership changes were applied.
    scheduler.soon(() => loop.campaignIfAlone());
    const cancel = hastenFirstElection({
      localId,
      loop,
      network,
      scheduler,
      logger: logger.named('server/first-election'),
      electionTicks: electionTicks(config),
      advance: config.initialElectionTickAdvance,
    });
    this.#cancels.push(cancel);
  }

  async #announce(): Promise<void> {
    const { config, scheduler, logger } = this.#parts;
    const { consensus, cluster } = this.#running;
    await publish({
      consensus,
      cluster,
      calls: this.#parts.peers.calls,
      scheduler,
      logger: logger.named('server/publication'),
      name: config.name,
      clientUrls: config.advertiseClientUrls.map((url) => url.text),
      stopped: () => this.#isStopped,
    });
    this.#reportReady(this.#isStopped ? ERRORS.Stopped.error() : undefined);
  }

  #startUpkeep(): void {
    const { scheduler } = this.#parts;
    const { committer, snapshotter, compaction, reclaimer } = this.#running;
    committer.start();
    snapshotter.start();
    // A crash may have interrupted both; with nothing to do they are done at once.
    if (!compaction.resume()) reclaimer.wake();
    this.#cancels.push(
      scheduler.every(TIMEOUT_CHECK_MS, () => this.#expire(), {
        kind: 'poll',
        idleUntilMs: () => (this.#isWaiting() ? 0 : Infinity),
      }),
      ...startDuties(this.#parts, this.#running, () => this.#isStopped),
    );
  }

  /** Somebody waits for an answer, and may have waited for too long. */
  #isWaiting(): boolean {
    const { proposals, reads, appliedWaits } = this.#running;
    return proposals.size > 0 || reads.isWaitedFor || appliedWaits.size > 0;
  }

  #expire(): void {
    const { proposals, reads, leadership, appliedWaits } = this.#running;
    appliedWaits.expire();
    const { server } = this.#parts.metrics;
    server.proposalsFailed.inc(
      proposals.expire((startedMs) => leadership.timeoutReason(startedMs)),
    );
    server.slowReadIndexes.inc(reads.expire());
  }

  /** Nothing is accepted or acknowledged from here on; the files wait for stop(). */
  #fail(error: Error): void {
    this.#failure ??= error;
    if (this.#isStopped) return;
    this.#quiesce();
    this.#parts.logger.error('member stopped after a failure', { error });
    this.#reportReady(error);
    this.#reportStopped(error);
  }

  #departure(): Departure {
    const { peers, clock, scheduler, logger } = this.#parts;
    this.#ownDeparture ??= new Departure({
      cluster: this.#running.cluster,
      calls: peers.calls,
      clock,
      scheduler,
      logger: logger.named('server/departure'),
      stopped: () => this.#isStopped,
      leave: () => this.#fail(new MemberRemovedError()),
    });
    return this.#ownDeparture;
  }

  async #stop(): Promise<void> {
    const { loop, snapshotter, reclaimer, raft, network } = this.#running;
    const { logger } = this.#parts;
    await this.#transferLeadership();
    this.#quiesce();
    network.stop();
    const writeFailure = await loop.stop();
    await snapshotter.stop();
    await reclaimer.stop();
    if (this.#failure === undefined) await this.#commitBackend();
    const closeFailure = await closeStorage(this.#running, logger);
    logger.info('stopped local member', {
      'local-member-id': hexId(raft.id),
      leader: raft.leader === NO_MEMBER ? 'none' : hexId(raft.leader),
    });
    const failure = this.#failure ?? writeFailure ?? closeFailure;
    this.#reportReady(failure ?? ERRORS.Stopped.error());
    this.#reportStopped(failure);
  }

  /** Whoever stops on purpose hands over first: the cluster then misses no election timeout. */
  async #transferLeadership(): Promise<void> {
    if (this.#isStopped) return;
    const { scheduler, logger } = this.#parts;
    await transferOnStop({ ...this.#running, scheduler, logger: logger.named('server/stop') });
  }

  /** In slices, so that closing has little left to hold the event loop with. */
  async #commitBackend(): Promise<void> {
    try {
      await this.#running.backend.commitDurable();
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
    }
  }

  #quiesce(): void {
    this.#isStopped = true;
    const { proposals, reads, committer, compaction, reclaimer, catchUp } = this.#running;
    this.#running.appliedWaits.failAll();
    for (const cancel of this.#cancels) cancel();
    this.#ownDeparture?.stop();
    for (const part of [committer, compaction, catchUp]) part.stop();
    void reclaimer.stop();
    proposals.failAll(() => ERRORS.Stopped.error());
    reads.failAll(() => ERRORS.Stopped.error());
  }
}
