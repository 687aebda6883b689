import { SeededRng } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import { jointCommitted, jointVote } from './joint.js';
import { majorityCommitted, majorityVote } from './majority.js';

const CASES = 1500;
const ids = (count: number, from = 1): MemberId[] =>
  Array.from({ length: count }, (_, i) => BigInt(from + i) as MemberId);

/** The definition, not an algorithm: the largest index that more than half have. */
function naiveCommitted(voters: readonly MemberId[], acknowledged: Map<MemberId, number>): number {
  let best = voters.length === 0 ? Infinity : 0;
  for (const candidate of acknowledged.values()) {
    const have = voters.filter((id) => (acknowledged.get(id) ?? 0) >= candidate).length;
    if (have * 2 > voters.length && candidate > best) best = candidate;
  }
  return best;
}

/** Tries all ways the missing votes can go. */
function naiveVote(voters: readonly MemberId[], votes: Map<MemberId, boolean>): string {
  const wins = (missing: boolean): boolean =>
    voters.length === 0 ||
    voters.filter((id) => votes.get(id) ?? missing).length * 2 > voters.length;
  if (wins(false)) return 'won';
  return wins(true) ? 'pending' : 'lost';
}

function randomSubset(rng: SeededRng, from: readonly MemberId[]): MemberId[] {
  return from.filter(() => rng.below(2) === 0);
}

describe('quorums', () => {
  it('commit what the definition of a majority says', () => {
    const rng = new SeededRng(1);
    for (let i = 0; i < CASES; i++) {
      const voters = ids(rng.below(8));
      const acknowledged = new Map(
        randomSubset(rng, voters).map((id) => [id, rng.below(6)] as const),
      );
      const committed = majorityCommitted(new Set(voters), (id) => acknowledged.get(id));
      expect(committed).toBe(naiveCommitted(voters, acknowledged));
    }
  });

  it('count votes as the definition of a majority says', () => {
    const rng = new SeededRng(2);
    for (let i = 0; i < CASES; i++) {
      const voters = ids(rng.below(8));
      const votes = new Map(
        randomSubset(rng, voters).map((id) => [id, rng.below(2) === 0] as const),
      );
      expect(majorityVote(new Set(voters), votes)).toBe(naiveVote(voters, votes));
    }
  });

  it('need both halves of a joint configuration (thesis 4.3)', () => {
    const rng = new SeededRng(3);
    for (let i = 0; i < CASES; i++) {
      const incoming = randomSubset(rng, ids(6));
      const outgoing = randomSubset(rng, ids(6, 3));
      const joint = { incoming: new Set(incoming), outgoing: new Set(outgoing) };
      const acknowledged = new Map(ids(9).map((id) => [id, rng.below(6)] as const));
      const votes = new Map(
        randomSubset(rng, ids(9)).map((id) => [id, rng.below(2) === 0] as const),
      );
      expect(jointCommitted(joint, (id) => acknowledged.get(id))).toBe(
        Math.min(naiveCommitted(incoming, acknowledged), naiveCommitted(outgoing, acknowledged)),
      );
      const both = [naiveVote(incoming, votes), naiveVote(outgoing, votes)];
      const expected = both.includes('lost')
        ? 'lost'
        : both.includes('pending')
          ? 'pending'
          : 'won';
      expect(jointVote(joint, votes)).toBe(expected);
    }
  });
});
