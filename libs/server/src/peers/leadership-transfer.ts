import { hexId, NO_MEMBER } from '@etcd-ts/foundation';
import type { Logger, MemberId, Scheduler } from '@etcd-ts/foundation';
import type { Cluster } from '@etcd-ts/membership';
import type { Raft } from '@etcd-ts/raft';
import { ERRORS } from '@etcd-ts/wire-protocol';

import type { RaftLoop } from '../raft-loop.js';
import type { Leadership } from './leadership.js';
import type { PeerNetwork } from './network.js';

export interface TransferParts {
  readonly raft: Raft;
  readonly loop: Pick<RaftLoop, 'tell'>;
  readonly cluster: Cluster;
  readonly network: PeerNetwork;
  readonly leadership: Leadership;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** A transfer that raft has not brought about by then will not happen: raft gives up after one election. */
const STOP_TRANSFER_TIMEOUT_MS = 7000;

/**
 * Makes `target` the leader, and resolves when it is: asked of the leader, or of a follower, who passes
 * it on. Rejects with TimeoutLeaderTransfer when it is not by then; the leader leads on.
 */
export function transferLeadership(
  parts: TransferParts,
  target: MemberId,
  timeoutMs: number,
): Promise<void> {
  const { raft, loop, leadership, scheduler, logger } = parts;
  if (leadership.leader === target) return Promise.resolve();
  const from = raft.id;
  logger.info('leadership transfer starting', {
    'local-member-id': hexId(from),
    'current-leader-member-id': hexId(leadership.leader),
    'transferee-member-id': hexId(target),
  });
  return new Promise((resolve, reject) => {
    const end = (): void => {
      cancelTimer();
      unsubscribe();
    };
    const cancelTimer = scheduler.after(timeoutMs, () => {
      end();
      reject(ERRORS.TimeoutLeaderTransfer.error());
    });
    const unsubscribe = leadership.onChange((leader) => {
      if (leader !== target) return;
      end();
      logger.info('leadership transfer finished', {
        'local-member-id': hexId(from),
        'old-leader-member-id': hexId(from),
        'new-leader-member-id': hexId(target),
      });
      resolve();
    });
    loop.tell((asked) => asked.transferLeadership(target));
  });
}

/**
 * If this member leads others and is about to stop: to the voter that has been reachable for
 * longest. A transfer that fails is logged; the others then have an election.
 */
export async function transferOnStop(parts: TransferParts): Promise<void> {
  const { raft, cluster, network } = parts;
  if (!raft.isLeader) return;
  await tryTransfer(parts, longestConnected(cluster, network), STOP_TRANSFER_TIMEOUT_MS);
}

/**
 * Before the leader is removed: of two voters the one that stays needs the vote of the other until
 * it has heard that the removal is committed. A leader that commits its own removal, and goes, would
 * strand it if that one message were lost. It is the next leader who must commit it. This is asked
 * of the leader, or of a follower that may take over. Fails as `transferOnStop`.
 */
export async function transferBeforeRemoval(
  parts: TransferParts,
  timeoutMs: number,
): Promise<void> {
  const { raft, cluster, network } = parts;
  const mayTakeOver = cluster.member(cluster.localId)?.isLearner === false;
  const follower = mayTakeOver ? cluster.localId : NO_MEMBER;
  await tryTransfer(
    parts,
    raft.isLeader ? longestConnected(cluster, network) : follower,
    timeoutMs,
  );
}

async function tryTransfer(
  parts: TransferParts,
  target: MemberId,
  timeoutMs: number,
): Promise<void> {
  if (target === NO_MEMBER) return;
  try {
    await transferLeadership(parts, target, timeoutMs);
  } catch (error) {
    parts.logger.warn('leadership transfer failed', {
      'local-member-id': hexId(parts.raft.id),
      error: error instanceof Error ? error : String(error),
    });
  }
}

function longestConnected(cluster: Cluster, network: PeerNetwork): MemberId {
  let best = NO_MEMBER;
  let bestSince = Infinity;
  for (const { id, isLearner } of cluster.members()) {
    const since = id === cluster.localId || isLearner ? undefined : network.activeSince(id);
    if (since === undefined || since >= bestSince) continue;
    best = id;
    bestSince = since;
  }
  return best;
}
