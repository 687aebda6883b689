import { NO_MEMBER } from '@etcd-ts/foundation';
import type { RaftIndex, Term } from '@etcd-ts/foundation';
import { startElection } from './election.js';
import type {
  AppendEntries,
  Heartbeat,
  InstallSnapshot,
  Message,
  Propose,
  ReadIndexRequest,
  TransferLeader,
} from './message.js';
import { restoreSnapshot } from './membership.js';
import type { RaftState } from './state.js';

export type StepResult = 'accepted' | 'dropped';

export function stepFollower(state: RaftState, message: Message): StepResult {
  switch (message.type) {
    case 'appendEntries':
      followLeader(state, message);
      handleAppendEntries(state, message);
      return 'accepted';
    case 'heartbeat':
      followLeader(state, message);
      handleHeartbeat(state, message);
      return 'accepted';
    case 'installSnapshot':
      followLeader(state, message);
      handleInstallSnapshot(state, message);
      return 'accepted';
    case 'propose':
      return forwardProposal(state, message);
    case 'readIndex':
    case 'transferLeader':
      return forwardToLeader(state, message);
    case 'timeoutNow':
      startElection(state, 'transfer');
      return 'accepted';
    case 'readIndexResponse':
      state.outbox.answerRead({ index: message.index, requestContext: message.context });
      return 'accepted';
    default:
      return 'dropped';
  }
}

function followLeader(state: RaftState, message: Message): void {
  state.electionElapsed = 0;
  state.leader = message.from;
}

function forwardProposal(state: RaftState, message: Propose): StepResult {
  const reason =
    state.leader === NO_MEMBER
      ? 'no leader'
      : state.config.disableProposalForwarding === true
        ? 'forwarding is disabled'
        : undefined;
  if (reason !== undefined) {
    state.trace({ kind: 'proposalDropped', reason });
    return 'dropped';
  }
  state.forward({ ...message, to: state.leader });
  return 'accepted';
}

/** The sender stays who asked: a read's answer goes back there, a transfer's target is it. */
function forwardToLeader(state: RaftState, message: ReadIndexRequest | TransferLeader): StepResult {
  if (state.leader === NO_MEMBER) return 'dropped';
  state.forward({ ...message, to: state.leader });
  return 'accepted';
}

/** Raft 5.3. */
export function handleAppendEntries(state: RaftState, message: AppendEntries): void {
  const { log } = state;
  const { from, previousIndex, previousTerm, entries, commit } = message;
  if (previousIndex < log.committed) {
    // Old news: everything up to the commit index matches any leader's log.
    acceptUpTo(state, message, log.committed);
    return;
  }
  const lastNew = log.maybeAppend(previousIndex, previousTerm, entries);
  if (lastNew === undefined) {
    rejectAppend(state, message);
    return;
  }
  // Not beyond what this message has verified: what follows may be of another leader.
  if (log.commitTo(Math.min(commit, lastNew))) {
    state.trace({ kind: 'commit', index: log.committed });
  }
  state.leader = from;
  acceptUpTo(state, message, lastNew);
}

function acceptUpTo(
  state: RaftState,
  message: AppendEntries | InstallSnapshot,
  index: RaftIndex,
): void {
  state.send({
    type: 'appendEntriesResponse',
    to: message.from,
    index,
    reject: false,
    rejectHint: 0 as RaftIndex,
    hintTerm: 0 as Term,
  });
}

/**
 * Raft 5.3, "the protocol can be optimised": the hint is the last position at which this log can
 * match one whose entry at previousIndex has previousTerm, so that a whole term of conflicts costs
 * one round instead of one an entry.
 */
function rejectAppend(state: RaftState, message: AppendEntries): void {
  const { log } = state;
  const { from, previousIndex, previousTerm } = message;
  const rejectHint = log.findConflictByTerm(previousIndex, previousTerm);
  const hintTerm = log.term(rejectHint);
  state.trace({ kind: 'appendRejected', from, index: previousIndex });
  state.send({
    type: 'appendEntriesResponse',
    to: from,
    index: previousIndex,
    reject: true,
    rejectHint,
    hintTerm: typeof hintTerm === 'number' ? hintTerm : (0 as Term),
  });
}

export function handleHeartbeat(state: RaftState, message: Heartbeat): void {
  const { from, commit, context } = message;
  if (state.log.commitTo(commit)) state.trace({ kind: 'commit', index: commit });
  state.send({ type: 'heartbeatResponse', to: from, context });
}

/** Raft 7. Either way the answer says how far this log is known to match. */
export function handleInstallSnapshot(state: RaftState, message: InstallSnapshot): void {
  const restored = restoreSnapshot(state, message.snapshot);
  acceptUpTo(state, message, restored ? state.log.lastIndex : state.log.committed);
}
