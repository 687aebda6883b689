import { EMPTY_BYTES, NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId, RaftIndex } from '@etcd-ts/foundation';
import { namesMember } from './confchange/conf-state.js';
import type { ProposedEntry } from './message.js';
import { encodeRound } from './read-only.js';
import type { RaftState } from './state.js';
import type { Progress } from './tracker/progress.js';
import type { Entry } from './types.js';

const NO_ENTRIES: readonly Entry[] = [];

/**
 * Appends to the leader's own log. They count for the commit only when persisted() says so. False:
 * too much is uncommitted already; entries without payload always pass, since leadership itself
 * and leaving a joint configuration depend on them.
 */
export function appendOwn(state: RaftState, proposed: readonly ProposedEntry[]): boolean {
  let bytes = 0;
  for (let i = 0; i < proposed.length; i++) bytes += (proposed[i] as ProposedEntry).data.length;
  if (!reserveUncommitted(state, bytes)) return false;
  const { log, term } = state;
  const entries: Entry[] = [];
  let index = log.lastIndex as number;
  for (let i = 0; i < proposed.length; i++) {
    const { type, data } = proposed[i] as ProposedEntry;
    entries.push({ type, term, index: ++index as RaftIndex, data });
  }
  log.append(entries);
  return true;
}

/** Also admits what alone exceeds the limit: it would never fit otherwise. */
function reserveUncommitted(state: RaftState, bytes: number): boolean {
  const total = state.uncommittedBytes + bytes;
  if (state.uncommittedBytes > 0 && bytes > 0 && total > state.config.maxUncommittedSizeBytes) {
    return false;
  }
  state.uncommittedBytes = total;
  return true;
}

/** Entries are committed and handed out: their payload no longer counts as uncommitted. */
export function releaseUncommitted(state: RaftState, entries: readonly Entry[]): void {
  if (state.uncommittedBytes === 0) return;
  let bytes = 0;
  for (let i = 0; i < entries.length; i++) bytes += (entries[i] as Entry).data.length;
  // Entries of earlier terms were never counted here.
  state.uncommittedBytes = Math.max(0, state.uncommittedBytes - bytes);
}

/**
 * Raft 5.3 and 5.4.2: the highest index on a quorum is committed, if the entry there is of the
 * leader's own term. An entry of an earlier term on a majority can still be replaced (figure 8);
 * it commits together with the first of this term after it.
 */
export function maybeCommit(state: RaftState): boolean {
  const index = state.tracker.committed();
  if (index <= state.log.committed || !state.log.matches(index, state.term)) return false;
  state.log.commitTo(index);
  state.trace({ kind: 'commit', index });
  return true;
}

/**
 * There is something new for everybody: entries, or a commit index. It goes out with the next
 * Ready, so that all that happens in one turn costs one append a follower.
 */
export function broadcastAppend(state: RaftState): void {
  state.appendDue = state.tracker.progress.size > 1;
}

export function sendDueAppends(state: RaftState): void {
  if (!state.appendDue) return;
  state.appendDue = false;
  for (const [id, progress] of state.tracker.progress) {
    if (id === state.id) continue;
    sendAppend(state, id, progress, progress.canLearnCommit(state.log.committed));
    sendAllAppends(state, id, progress);
  }
}

/** Sends what the in-flight limit allows. `evenEmpty`: also when there are no new entries. */
export function sendAppend(
  state: RaftState,
  to: MemberId,
  progress: Progress,
  evenEmpty: boolean,
): boolean {
  if (progress.isPaused()) return false;
  const { log } = state;
  const previousIndex = (progress.next - 1) as RaftIndex;
  const previousTerm = log.term(previousIndex);
  if (typeof previousTerm !== 'number') return sendSnapshot(state, to, progress);
  const entries = takeEntries(state, progress);
  if (entries === 'compacted') return sendSnapshot(state, to, progress);
  if (entries.length === 0 && !evenEmpty) return false;
  state.send({
    type: 'appendEntries',
    to,
    previousIndex,
    previousTerm,
    entries,
    commit: log.committed,
  });
  progress.sent(entries.length);
  progress.sentCommit = log.committed;
  return true;
}

function takeEntries(state: RaftState, progress: Progress): readonly Entry[] | 'compacted' {
  const { log, config } = state;
  // A full window still lets an empty append through after a heartbeat: if the ones on their way
  // are lost, its rejection is what tells.
  if (progress.state === 'replicate' && progress.inflights.full()) return NO_ENTRIES;
  return log.slice(progress.next, log.lastIndex + 1, config.maxSizePerMessageBytes);
}

/** The log no longer reaches back to what the follower needs (Raft 7). */
function sendSnapshot(state: RaftState, to: MemberId, progress: Progress): boolean {
  // To one that is not there it would only be lost, and a snapshot is dear.
  if (!progress.recentActive) return false;
  const snapshot = state.log.snapshot();
  if (snapshot === 'unavailable') return false;
  const { index, confState } = snapshot.metadata;
  // Taken before the member was added, it would be refused there: a newer one has to come.
  if (!namesMember(confState, to)) return false;
  progress.becomeSnapshot(index);
  state.trace({ kind: 'snapshotSent', to, index });
  state.send({ type: 'installSnapshot', to, snapshot });
  return true;
}

/** Fills the follower's window: appends as long as there are entries and room. */
export function sendAllAppends(state: RaftState, to: MemberId, progress: Progress): void {
  while (sendAppend(state, to, progress, false));
}

/**
 * A heartbeat has no consistency check, so it must not let the follower commit what it may hold of
 * another leader: never beyond what is known to match.
 */
export function heartbeatCommit(state: RaftState, progress: Progress): RaftIndex {
  return Math.min(progress.match, state.log.committed) as RaftIndex;
}

export function broadcastHeartbeat(state: RaftState): void {
  const round = state.readOnly.newestRound;
  const context = round === 0 ? EMPTY_BYTES : encodeRound(round);
  for (const [id, progress] of state.tracker.progress) {
    if (id === state.id) continue;
    const commit = heartbeatCommit(state, progress);
    progress.sentCommit = Math.max(progress.sentCommit, commit) as RaftIndex;
    state.send({ type: 'heartbeat', to: id, commit, context });
  }
}

/** Thesis 3.10: the transferee has everything; its next election is won before it times out. */
export function sendTimeoutNow(state: RaftState, to: MemberId): void {
  state.send({ type: 'timeoutNow', to });
}

export function abortTransfer(state: RaftState): void {
  state.leadTransferee = NO_MEMBER;
}
