import type { RaftIndex } from '@etcd-ts/foundation';
import { MAX_PENDING_READS } from './read-only.js';
import type { ReadRequest } from './read-only.js';
import { broadcastHeartbeat } from './replication.js';
import type { RaftState } from './state.js';

/** A leader takes a read request. False: dropped, too many are waiting. */
export function requestRead(state: RaftState, request: ReadRequest): boolean {
  // Thesis 6.4 step 1. True for a single voter as well: after a restart its commit index is what
  // the last hard state happened to record, and answered writes may lie beyond it.
  if (!state.hasCommittedInTerm()) {
    if (state.readsBeforeFirstCommit.length >= MAX_PENDING_READS) return false;
    state.readsBeforeFirstCommit.push(request);
    return true;
  }
  if (state.config.readOnly === 'lease' || decidesAlone(state)) {
    answerRead(state, request, state.log.committed);
    return true;
  }
  return state.readOnly.add(request);
}

/** Whoever alone is the quorum cannot have been deposed without knowing it. */
function decidesAlone(state: RaftState): boolean {
  return state.tracker.isSingleton() && state.tracker.isVoter(state.id);
}

/** The first commit of the term is there. */
export function releaseEarlyReads(state: RaftState): void {
  if (state.readsBeforeFirstCommit.length === 0 || !state.hasCommittedInTerm()) return;
  const requests = state.readsBeforeFirstCommit;
  state.readsBeforeFirstCommit = [];
  // What does not fit is dropped, and asked again by whoever still waits for it.
  for (const request of requests) requestRead(state, request);
}

/** All reads since the last round share one: one heartbeat to each member, whatever their number. */
export function startReadRound(state: RaftState): void {
  if (state.role !== 'leader' || !state.readOnly.hasGathered()) return;
  state.readOnly.startRound(state.log.committed);
  broadcastHeartbeat(state);
  // A membership change may have left this leader as the only voter meanwhile.
  confirmReads(state);
}

/** Answers the rounds that a quorum has confirmed. This member itself always does. */
export function confirmReads(state: RaftState): void {
  const { readOnly, tracker } = state;
  const newest = readOnly.newestRound;
  if (newest === 0) return;
  const confirmed = tracker.quorumReached((id) =>
    id === state.id ? newest : readOnly.acknowledgedBy(id),
  );
  for (const { index, requests } of readOnly.takeConfirmed(confirmed)) {
    for (const request of requests) answerRead(state, request, index);
  }
}

function answerRead(state: RaftState, request: ReadRequest, index: RaftIndex): void {
  const { from, context } = request;
  if (from === state.id) state.outbox.answerRead({ index, requestContext: context });
  else state.send({ type: 'readIndexResponse', to: from, index, context });
}
