import type { MemberId } from '@etcd-ts/foundation';
import type { Member } from './member.js';

/**
 * etcd's strict-reconfig-check: a change of voters is refused when the voters that have started (and
 * so published a name) would not be a quorum of the new configuration, which then could not even
 * undo the change.
 */
interface VoterCount {
  readonly voters: number;
  readonly started: number;
}

export function enoughStartedToAddVoter(members: readonly Member[]): boolean {
  const { voters, started } = count(members);
  // From one to two a quorum needs the newcomer, which cannot start before it is added.
  if (started === 1 && voters === 1) return true;
  return isQuorum(started, voters + 1);
}

/** The promoted learner is running, or it could not be in sync. */
export function enoughStartedToPromote(members: readonly Member[]): boolean {
  const { voters, started } = count(members);
  return isQuorum(started + 1, voters + 1);
}

/** Never for the last voter. */
export function enoughStartedToRemoveVoter(members: readonly Member[], id: MemberId): boolean {
  const { voters, started } = count(members.filter((member) => member.id !== id));
  return voters > 0 && isQuorum(started, voters);
}

function count(members: readonly Member[]): VoterCount {
  const voters = members.filter((member) => !member.isLearner);
  return { voters: voters.length, started: voters.filter(({ name }) => name !== '').length };
}

function isQuorum(started: number, voters: number): boolean {
  return started >= Math.floor(voters / 2) + 1;
}
