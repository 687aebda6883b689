import type { ConfState } from '@etcd-ts/raft';

/**
 * etcd's `meta/confState`: raftpb.ConfState as JSON with bare 64-bit ids, which JSON.stringify
 * cannot write.
 */
export function encodeConfState(confState: ConfState): Uint8Array {
  const lists: readonly (readonly [string, readonly bigint[]])[] = [
    ['voters', confState.voters],
    ['learners', confState.learners],
    ['voters_outgoing', confState.votersOutgoing],
    ['learners_next', confState.learnersNext],
  ];
  const fields = lists
    .filter(([, ids]) => ids.length > 0)
    .map(([name, ids]) => `"${name}":[${ids.join(',')}]`);
  fields.push(`"auto_leave":${confState.autoLeave}`);
  return Buffer.from(`{${fields.join(',')}}`);
}
