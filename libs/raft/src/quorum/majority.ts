import type { MemberId } from '@etcd-ts/foundation';

/** `pending`: the votes still out decide. */
export type VoteResult = 'won' | 'lost' | 'pending';

/** How far each member has come; undefined: nothing known, counts as 0. */
export type Acknowledged = (id: MemberId) => number | undefined;

/**
 * The largest value that a majority has reached. An empty set imposes no limit, so that half of a
 * joint configuration which is empty never holds back the other.
 */
export function majorityCommitted(
  voters: ReadonlySet<MemberId>,
  acknowledged: Acknowledged,
): number {
  if (voters.size === 0) return Infinity;
  if (voters.size === 1) {
    for (const id of voters) return acknowledged(id) ?? 0;
  }
  const reached: number[] = [];
  for (const id of voters) reached.push(acknowledged(id) ?? 0);
  reached.sort((a, b) => b - a);
  return reached[voters.size >> 1] as number;
}

/** An empty set has won: see majorityCommitted. */
export function majorityVote(
  voters: ReadonlySet<MemberId>,
  votes: ReadonlyMap<MemberId, boolean>,
): VoteResult {
  if (voters.size === 0) return 'won';
  let granted = 0;
  let missing = 0;
  for (const id of voters) {
    const vote = votes.get(id);
    if (vote === undefined) missing++;
    else if (vote) granted++;
  }
  const quorum = (voters.size >> 1) + 1;
  if (granted >= quorum) return 'won';
  return granted + missing >= quorum ? 'pending' : 'lost';
}
