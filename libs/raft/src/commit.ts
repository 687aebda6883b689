import { releaseEarlyReads } from './reads.js';
import { broadcastAppend, maybeCommit } from './replication.js';
import type { RaftState } from './state.js';

/** A leader's quorum may have come further: commits, and tells everybody it concerns. */
export function advanceCommit(state: RaftState): boolean {
  if (!maybeCommit(state)) return false;
  releaseEarlyReads(state);
  broadcastAppend(state);
  return true;
}
