import type { MemberId } from '@etcd-ts/foundation';
import { majorityCommitted, majorityVote } from './majority.js';
import type { Acknowledged, VoteResult } from './majority.js';

/**
 * Thesis 4.3: while two configurations overlap, every decision needs a majority of both. Outside
 * of a joint configuration `outgoing` is empty.
 */
export interface JointVoters {
  readonly incoming: ReadonlySet<MemberId>;
  readonly outgoing: ReadonlySet<MemberId>;
}

export function jointCommitted(voters: JointVoters, acknowledged: Acknowledged): number {
  return Math.min(
    majorityCommitted(voters.incoming, acknowledged),
    majorityCommitted(voters.outgoing, acknowledged),
  );
}

export function jointVote(voters: JointVoters, votes: ReadonlyMap<MemberId, boolean>): VoteResult {
  const incoming = majorityVote(voters.incoming, votes);
  const outgoing = majorityVote(voters.outgoing, votes);
  if (incoming === 'lost' || outgoing === 'lost') return 'lost';
  return incoming === 'won' && outgoing === 'won' ? 'won' : 'pending';
}

export function isVoter(voters: JointVoters, id: MemberId): boolean {
  return voters.incoming.has(id) || voters.outgoing.has(id);
}
