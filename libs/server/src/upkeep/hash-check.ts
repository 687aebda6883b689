import { hexId } from '@etcd-ts/foundation';
import type { CancelTimer, Logger, MemberId, Scheduler } from '@etcd-ts/foundation';
import type { Cluster } from '@etcd-ts/membership';
import { AlarmRequest_AlarmAction, AlarmType } from '@etcd-ts/wire-protocol';

import type { HashKvAnswer } from '../etcd-server.js';
import type { Consensus } from '../operations/consensus.js';
import type { Leadership } from '../peers/leadership.js';
import type { PeerCalls, RemoteHash } from '../peers/network.js';

export interface HashCheckParts {
  readonly cluster: Cluster;
  readonly consensus: Consensus;
  readonly leadership: Leadership;
  readonly calls: PeerCalls;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Of the local store; revision 0: the current one. */
  readonly hashKv: (revision: number) => Promise<HashKvAnswer>;
  /** 0 while never compacted. */
  readonly compactRevision: () => number;
  readonly requestTimeoutMs: number;
  readonly stopped: () => boolean;
}

interface PeerAnswer {
  readonly id: MemberId;
  readonly hash: RemoteHash;
}

/**
 * Members that have applied the same entries have the same data. Where they have not, one of them
 * has a bad disk, a bad memory or a bad program, and the cluster must not go on as if nothing were.
 */
export class HashCheck {
  readonly #parts: HashCheckParts;
  readonly #cancels: CancelTimer[] = [];
  #running = false;
  /** Compactions up to here are known to agree. */
  #checkedCompaction = 0;

  constructor(parts: HashCheckParts) {
    this.#parts = parts;
  }

  /** Intervals of 0 mean never. */
  start(intervals: { readonly periodicMs: number; readonly compactionMs: number }): void {
    const every = (
      intervalMs: number,
      check: () => Promise<void>,
      hasToCheck: () => boolean,
    ): void => {
      if (intervalMs <= 0) return;
      const { scheduler, leadership, cluster } = this.#parts;
      const cancel = scheduler.every(intervalMs, () => void this.#once(check), {
        kind: 'poll',
        idleUntilMs: () => (leadership.leader === cluster.localId && hasToCheck() ? 0 : Infinity),
      });
      this.#cancels.push(cancel);
    };
    every(
      intervals.periodicMs,
      () => this.checkNow(),
      () => true,
    );
    every(
      intervals.compactionMs,
      () => this.#checkCompaction(),
      () => this.#parts.compactRevision() > this.#checkedCompaction,
    );
  }

  stop(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
  }

  /**
   * Before this member serves: rejects when its data differs from another's at one revision. Members
   * that do not answer, or cannot compare, have no say.
   */
  async checkBeforeServing(): Promise<void> {
    const { cluster, logger, requestTimeoutMs } = this.#parts;
    const fields = { 'local-member-id': hexId(cluster.localId) };
    logger.info('starting initial corruption check', {
      ...fields,
      timeout: `${requestTimeoutMs}ms`,
    });
    const own = await this.#parts.hashKv(0);
    const differing = (await this.#askPeers(own.hashRevision)).filter(
      ({ hash }) => hash.compactRevision === own.compactRevision && hash.hash !== own.hash,
    );
    for (const { id, hash } of differing) {
      logger.warn('found different hash values from remote peer', {
        ...fields,
        'local-member-revision': own.hashRevision,
        'local-member-hash': own.hash,
        'remote-peer-id': hexId(id),
        'remote-peer-revision': hash.revision,
        'remote-peer-hash': hash.hash,
      });
    }
    if (differing.length > 0) {
      throw new Error(`${hexId(cluster.localId)} found data inconsistency with peers`);
    }
    logger.info('initial corruption checking passed; no corruption', fields);
  }

  /** By the leader. The hash is taken twice around the others': a store that moved on tells nothing. */
  async checkNow(): Promise<void> {
    const { cluster, consensus } = this.#parts;
    const before = await this.#parts.hashKv(0);
    const answers = await this.#askPeers(before.hashRevision);
    await consensus.linearizable();
    const after = await this.#parts.hashKv(0);
    const same =
      after.hashRevision === before.hashRevision &&
      after.compactRevision === before.compactRevision;
    if (same && after.hash !== before.hash)
      await this.#raiseAlarm(cluster.localId, before.hashRevision);
    for (const { id, hash } of answers) {
      const ahead = hash.revision > after.revision || hash.compactRevision > after.compactRevision;
      const differs = hash.compactRevision === before.compactRevision && hash.hash !== before.hash;
      if (ahead || differs) await this.#raiseAlarm(id, before.hashRevision);
    }
  }

  /** By the leader, once for each compaction: at its revision all members have kept the same rows. */
  async #checkCompaction(): Promise<void> {
    const { cluster, logger, compactRevision } = this.#parts;
    const revision = compactRevision();
    if (revision <= this.#checkedCompaction) return;
    logger.info('starting compact hash check', { 'compact-revision': revision });
    const own = await this.#parts.hashKv(revision);
    const answers = (await this.#askPeers(revision)).filter(
      ({ hash }) => hash.compactRevision === own.compactRevision,
    );
    const votes = [{ id: cluster.localId, hash: own.hash }];
    for (const { id, hash } of answers) votes.push({ id, hash: hash.hash });
    for (const id of minority(votes, cluster.members().length)) {
      await this.#raiseAlarm(id, revision);
    }
    // Whoever has not got that far is asked again next time.
    if (votes.length === cluster.members().length) this.#checkedCompaction = revision;
    logger.info('finished compaction hash check', {
      'compact-revision': revision,
      'number-of-peers-checked': answers.length,
    });
  }

  async #askPeers(revision: number): Promise<readonly PeerAnswer[]> {
    const { cluster, calls, requestTimeoutMs, logger } = this.#parts;
    const others = cluster.members().filter(({ id }) => id !== cluster.localId);
    const answers = await Promise.all(
      others.map(async ({ id, peerUrls }) => {
        try {
          const hash = await calls.hashKv(peerUrls, cluster.clusterId, revision, requestTimeoutMs);
          return hash && { id, hash };
        } catch (error) {
          // Compacted beyond it, or not there yet: nothing to compare.
          logger.warn('cannot compare hash with remote peer', {
            'remote-peer-id': hexId(id),
            revision,
            error: error instanceof Error ? error.message : String(error),
          });
          return undefined;
        }
      }),
    );
    return answers.filter((answer) => answer !== undefined);
  }

  async #raiseAlarm(id: MemberId, revision: number): Promise<void> {
    const { consensus, logger } = this.#parts;
    logger.error('detected data corruption', { 'corrupted-member-id': hexId(id), revision });
    await consensus.propose({
      alarm: {
        action: AlarmRequest_AlarmAction.ACTIVATE,
        memberID: id,
        alarm: AlarmType.CORRUPT,
      },
    });
  }

  async #once(check: () => Promise<void>): Promise<void> {
    const { leadership, cluster, logger, stopped } = this.#parts;
    if (this.#running || stopped() || leadership.leader !== cluster.localId) return;
    this.#running = true;
    try {
      await check();
    } catch (error) {
      if (stopped()) return;
      logger.warn('failed to check hash KV', {
        error: error instanceof Error ? error : String(error),
      });
    } finally {
      this.#running = false;
    }
  }
}

/**
 * Whose hash is wrong: those that differ from what a quorum of all members has. Without such a
 * quorum nobody can be trusted, which is said by the id 0 (as etcd).
 */
export function minority(
  votes: readonly { readonly id: MemberId; readonly hash: number }[],
  members: number,
): readonly MemberId[] {
  const counts = new Map<number, number>();
  for (const { hash } of votes) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  if (counts.size <= 1) return [];
  const quorum = Math.floor(members / 2) + 1;
  const trusted = [...counts].find(([, count]) => count >= quorum)?.[0];
  if (trusted === undefined) return [0n as MemberId];
  return votes.filter(({ hash }) => hash !== trusted).map(({ id }) => id);
}
