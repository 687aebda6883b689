import { NO_MEMBER } from '@etcd-ts/foundation';
import { advanceCommit } from './commit.js';
import { asConfChangeV2, LEAVE_JOINT } from './confchange/conf-change.js';
import { Changer, membershipOf } from './confchange/changer.js';
import { namesMember } from './confchange/conf-state.js';
import { proposeEntries } from './leader.js';
import { confirmReads } from './reads.js';
import { abortTransfer, sendAppend } from './replication.js';
import type { RaftState } from './state.js';
import { becomeFollower } from './transition.js';
import type { ConfChange, ConfChangeV2, ConfState, Snapshot } from './types.js';

/**
 * A committed change takes effect when it is applied, not when it is appended (unlike Raft 6): the
 * rule of pendingConfIndex keeps consecutive configurations overlapping all the same.
 */
export function applyConfChange(state: RaftState, change: ConfChange | ConfChangeV2): ConfState {
  const { tracker, log, config } = state;
  const { configuration, progress } = tracker;
  const changer = new Changer(
    { configuration, progress },
    log.lastIndex,
    config.maxInflightMessages,
  );
  const result = changer.change(asConfChangeV2(change));
  if (result.kind === 'refused') {
    // Every member holds the same configuration here and refuses alike.
    state.trace({ kind: 'confChangeRefused', reason: result.reason });
    return tracker.confState();
  }
  const { membership } = result;
  tracker.replace(membership.configuration, membership.progress);
  state.trace({ kind: 'confChange', confState: tracker.confState() });
  afterSwitch(state);
  return tracker.confState();
}

function afterSwitch(state: RaftState): void {
  const { tracker } = state;
  if (state.role !== 'leader') return;
  if (!tracker.isVoter(state.id)) {
    // Thesis 4.2.2: a leader that is not in the configuration it has committed steps down. The
    // commit index that says so went out when it advanced.
    becomeFollower(state, state.term, NO_MEMBER);
    return;
  }
  // A smaller quorum may have what the larger one lacked.
  if (!advanceCommit(state)) {
    for (const [id, progress] of tracker.progress) {
      if (id !== state.id) sendAppend(state, id, progress, false);
    }
  }
  confirmReads(state);
  if (state.hasTransfer() && !tracker.isVoter(state.leadTransferee)) abortTransfer(state);
}

/**
 * Thesis 4.3: once the joint configuration is committed and applied, its leader proposes to leave
 * it. A new leader gets here when its first entry is applied. A proposal that is dropped (during a
 * transfer) is made again by the next call.
 */
export function leaveJointWhenDue(state: RaftState): void {
  if (state.role !== 'leader' || !state.tracker.configuration.autoLeave) return;
  if (state.log.applied < state.pendingConfIndex) return;
  proposeEntries(state, [{ type: 'confChangeV2', data: LEAVE_JOINT.context }]);
}

/**
 * Takes over a leader's snapshot. False if the log has everything in it, or if it is not for this
 * member.
 */
export function restoreSnapshot(state: RaftState, snapshot: Snapshot): boolean {
  const { index, term, confState } = snapshot.metadata;
  const { log } = state;
  // A configuration without this member cannot be its own future: the snapshot went astray.
  if (index <= log.committed || !namesMember(confState, state.id)) {
    state.trace({ kind: 'snapshotIgnored', index, commit: log.committed });
    return false;
  }
  if (log.matches(index, term)) {
    // The log is right up to there: only the commit index was behind. Keeping the entries after
    // it saves sending them again.
    log.commitTo(index);
    state.trace({ kind: 'snapshotIgnored', index, commit: log.committed });
    return false;
  }
  log.restore(snapshot);
  const membership = membershipOf(confState, index, state.config.maxInflightMessages);
  state.tracker.replace(membership.configuration, membership.progress);
  state.trace({ kind: 'snapshotRestored', index, term });
  return true;
}
