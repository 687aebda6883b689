import type { MemberId, RaftIndex } from '@etcd-ts/foundation';
import { advanceCommit } from './commit.js';
import { encodesLeaveJoint } from './confchange/conf-change.js';
import type { StepResult } from './follower.js';
import type {
  AppendEntriesResponse,
  HeartbeatResponse,
  Message,
  ProposedEntry,
} from './message.js';
import { decodeRound } from './read-only.js';
import { confirmReads, requestRead } from './reads.js';
import {
  abortTransfer,
  appendOwn,
  broadcastAppend,
  sendAllAppends,
  sendAppend,
  sendTimeoutNow,
} from './replication.js';
import type { RaftState } from './state.js';
import type { Progress } from './tracker/progress.js';

export function stepLeader(state: RaftState, message: Message): StepResult {
  switch (message.type) {
    case 'propose':
      return proposeEntries(state, message.entries);
    case 'readIndex':
      return requestRead(state, message) ? 'accepted' : 'dropped';
    case 'appendEntriesResponse':
      return withProgress(state, message, handleAppendResponse);
    case 'heartbeatResponse':
      return withProgress(state, message, handleHeartbeatResponse);
    case 'transferLeader':
      return handleTransferLeader(state, message.from);
    default:
      return 'dropped';
  }
}

/** Members of no configuration are not listened to: they may have been removed. */
function withProgress<M extends Message>(
  state: RaftState,
  message: M,
  handle: (state: RaftState, message: M, progress: Progress) => void,
): StepResult {
  const progress = state.progressOf(message.from);
  if (progress === undefined) return 'dropped';
  progress.recentActive = true;
  handle(state, message, progress);
  return 'accepted';
}

/** The whole batch becomes one append, or nothing of it. */
export function proposeEntries(state: RaftState, proposed: readonly ProposedEntry[]): StepResult {
  if (state.ownProgress() === undefined) return drop(state, 'removed from the configuration');
  if (state.hasTransfer()) return drop(state, 'leadership is being transferred');
  const pendingBefore = state.pendingConfIndex;
  const entries = admitConfChanges(state, proposed);
  if (entries.length === 0) return drop(state, 'membership change refused');
  if (!appendOwn(state, entries)) {
    state.pendingConfIndex = pendingBefore;
    return drop(state, 'too much is uncommitted');
  }
  broadcastAppend(state);
  return 'accepted';
}

function drop(state: RaftState, reason: string): StepResult {
  state.trace({ kind: 'proposalDropped', reason });
  return 'dropped';
}

/** Leaves out the membership changes that must not be in the log now. */
function admitConfChanges(
  state: RaftState,
  proposed: readonly ProposedEntry[],
): readonly ProposedEntry[] {
  if (proposed.every((entry) => entry.type === 'normal')) return proposed;
  const admitted: ProposedEntry[] = [];
  for (const entry of proposed) {
    const reason = entry.type === 'normal' ? undefined : refusal(state, entry);
    if (reason !== undefined) {
      state.trace({ kind: 'confChangeRefused', reason });
      continue;
    }
    admitted.push(entry);
    if (entry.type !== 'normal') {
      state.pendingConfIndex = (state.log.lastIndex + admitted.length) as RaftIndex;
    }
  }
  return admitted;
}

function refusal(state: RaftState, entry: ProposedEntry): string | undefined {
  const leaves = entry.type === 'confChangeV2' && encodesLeaveJoint(entry.data);
  if (state.pendingConfIndex > state.log.applied) return 'an earlier change is not applied yet';
  if (state.tracker.isJoint() && !leaves) return 'the joint configuration must be left first';
  if (!state.tracker.isJoint() && leaves) return 'the configuration is not joint';
  return undefined;
}

function handleAppendResponse(
  state: RaftState,
  message: AppendEntriesResponse,
  progress: Progress,
): void {
  if (message.reject) handleAppendRejected(state, message, progress);
  else handleAppendAccepted(state, message, progress);
}

/** Raft 5.3: go back, by the follower's hint, to where the logs can match, and probe from there. */
function handleAppendRejected(
  state: RaftState,
  message: AppendEntriesResponse,
  progress: Progress,
): void {
  const { from, index, rejectHint, hintTerm } = message;
  // The follower has skipped what its own log rules out; the leader's log rules out more.
  const hint = hintTerm > 0 ? state.log.findConflictByTerm(rejectHint, hintTerm) : rejectHint;
  if (!progress.maybeDecrease(index, hint)) return;
  if (progress.state === 'replicate') progress.becomeProbe();
  sendAppend(state, from, progress, true);
}

function handleAppendAccepted(
  state: RaftState,
  message: AppendEntriesResponse,
  progress: Progress,
): void {
  const { from, index } = message;
  const advanced = progress.maybeUpdate(index);
  // A probe that finds nothing new has still found the match.
  if (!advanced && !(progress.match === index && progress.state === 'probe')) return;
  advanceState(state, progress, index);
  const committed = advanced && advanceCommit(state);
  if (!committed && progress.canLearnCommit(state.log.committed)) {
    sendAppend(state, from, progress, true);
  }
  sendAllAppends(state, from, progress);
  if (from === state.leadTransferee && progress.match === state.log.lastIndex) {
    sendTimeoutNow(state, from);
  }
}

function advanceState(state: RaftState, progress: Progress, index: number): void {
  switch (progress.state) {
    case 'probe':
      progress.becomeReplicate();
      return;
    case 'snapshot':
      // Caught up with the log again, by this snapshot or without it. Over probe, because only it
      // knows that the follower now has the snapshot's index.
      if (progress.match + 1 >= state.log.firstIndex) {
        progress.becomeProbe();
        progress.becomeReplicate();
      }
      return;
    case 'replicate':
      progress.inflights.freeUpTo(index);
      return;
  }
}

function handleHeartbeatResponse(
  state: RaftState,
  message: HeartbeatResponse,
  progress: Progress,
): void {
  progress.paused = false;
  // If appends were lost nobody else would notice: the answer shows that the way is free again.
  if (progress.match < state.log.lastIndex || progress.state === 'probe') {
    sendAppend(state, message.from, progress, true);
  }
  const round = decodeRound(message.context);
  if (round === 0) return;
  state.readOnly.acknowledge(message.from, round);
  confirmReads(state);
}

/** Thesis 3.10: no more proposals until the transferee has caught up and won, or time is up. */
function handleTransferLeader(state: RaftState, transferee: MemberId): StepResult {
  const progress = state.progressOf(transferee);
  if (progress === undefined || !state.tracker.isVoter(transferee)) return 'dropped';
  if (transferee === state.leadTransferee) return 'accepted';
  abortTransfer(state);
  if (transferee === state.id) return 'accepted';
  // It has one election timeout from now (see tickLeader).
  state.electionElapsed = 0;
  state.leadTransferee = transferee;
  state.trace({ kind: 'transfer', to: transferee, outcome: 'started' });
  if (progress.match === state.log.lastIndex) sendTimeoutNow(state, transferee);
  else sendAppend(state, transferee, progress, true);
  return 'accepted';
}

/** A quorum check (thesis 6.2): without a quorum heard in an election timeout, step down. */
export function hasActiveQuorum(state: RaftState): boolean {
  state.mustOwnProgress().recentActive = true;
  const active = state.tracker.quorumActive();
  for (const [id, progress] of state.tracker.progress) {
    if (id !== state.id) progress.recentActive = false;
  }
  return active;
}
