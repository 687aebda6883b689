import { EMPTY_BYTES, NO_MEMBER } from '@etcd-ts/foundation';
import type { Message } from './message.js';
import { heartbeatCommit } from './replication.js';
import type { RaftState } from './state.js';

const NOTHING: readonly Message[] = [];

/** See Raft.signsOfLife. Never with a read round: only an answer to a question confirms a read. */
export function signsOfLife(state: RaftState): readonly Message[] {
  // Nobody may hear of a term that a crash could make this member forget.
  if (state.term !== state.durableTerm) return NOTHING;
  if (state.role === 'leader') return heartbeats(state);
  if (state.role !== 'follower' || state.leader === NO_MEMBER) return NOTHING;
  const { id: from, leader: to, term } = state;
  return [{ type: 'heartbeatResponse', from, to, term, context: EMPTY_BYTES }];
}

function heartbeats(state: RaftState): readonly Message[] {
  const { id: from, term } = state;
  const messages: Message[] = [];
  for (const [to, progress] of state.tracker.progress) {
    if (to === from) continue;
    const commit = heartbeatCommit(state, progress);
    messages.push({ type: 'heartbeat', from, to, term, commit, context: EMPTY_BYTES });
  }
  return messages;
}
