import { hexId } from '@etcd-ts/foundation';
import type { CancelTimer, Logger, MemberId, Scheduler } from '@etcd-ts/foundation';
import type { Raft } from '@etcd-ts/raft';

import type { RaftLoop } from '../raft-loop.js';
import type { PeerNetwork } from './network.js';

/** How long it is waited for others; whoever is not there by then is not there (etcd). */
const PATIENCE_MS = 5000;
const LOOK_EVERY_MS = 50;
/** In them a leader that there is already makes itself heard (etcd). */
const TICKS_LEFT = 2;

export interface FirstElectionParts {
  readonly localId: MemberId;
  readonly loop: Pick<RaftLoop, 'tell'>;
  readonly network: Pick<PeerNetwork, 'peerIds' | 'activeSince'>;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly electionTicks: number;
  /** --initial-election-tick-advance */
  readonly advance: boolean;
}

/**
 * Members that start together need not wait a whole election timeout to find that nobody leads: as
 * soon as one has met two others, most of its first timeout counts as over. With fewer there is
 * nothing to gain, or nobody to vote.
 */
export function hastenFirstElection(parts: FirstElectionParts): CancelTimer {
  const { scheduler, logger, electionTicks } = parts;
  if (!parts.advance) {
    logger.info('skipping initial election tick advance', { 'election-ticks': electionTicks });
    return () => undefined;
  }
  logger.info('starting initial election tick advance', { 'election-ticks': electionTicks });
  let looks = PATIENCE_MS / LOOK_EVERY_MS;
  const cancel = scheduler.every(LOOK_EVERY_MS, () => {
    const met = othersMet(parts);
    if (met > 1) advance(parts, met);
    if (met > 1 || --looks === 0) cancel();
  });
  return () => cancel();
}

function othersMet({ network }: FirstElectionParts): number {
  return network.peerIds().filter((id) => network.activeSince(id) !== undefined).length;
}

function advance({ loop, logger, electionTicks, localId }: FirstElectionParts, met: number): void {
  const ticks = electionTicks - TICKS_LEFT;
  logger.info('initialized peer connections; fast-forwarding election ticks', {
    'local-member-id': hexId(localId),
    'forward-ticks': ticks,
    'election-ticks': electionTicks,
    'active-remote-members': met,
  });
  loop.tell((raft: Raft) => {
    for (let i = 0; i < ticks; i++) raft.tick();
  });
}
