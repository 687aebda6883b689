import { MemberId } from '@etcd-ts/foundation';
import type { ConfState } from '@etcd-ts/raft';

/** Its name in the meta bucket, as etcd's. */
export const CONF_STATE = 'confState';

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

/** Throws on bytes that are no such JSON. */
export function decodeConfState(bytes: Uint8Array): ConfState {
  // Ids have up to 20 digits, of which JSON.parse would round the last ones away.
  const text = Buffer.from(bytes).toString('utf8').replace(/\d+/gu, '"$&"');
  const parsed = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const ids = (name: string): readonly MemberId[] => {
    const list = parsed[name];
    return Array.isArray(list) ? list.map((id) => MemberId(BigInt(String(id)))) : [];
  };
  return {
    voters: ids('voters'),
    learners: ids('learners'),
    votersOutgoing: ids('voters_outgoing'),
    learnersNext: ids('learners_next'),
    autoLeave: parsed['auto_leave'] === true,
  };
}
