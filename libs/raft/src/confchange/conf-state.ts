import type { MemberId } from '@etcd-ts/foundation';
import type { ConfState } from '../types.js';

export function namesMember(confState: ConfState, id: MemberId): boolean {
  const { voters, learners, votersOutgoing } = confState;
  return [voters, learners, votersOutgoing].some((ids) => ids.includes(id));
}
