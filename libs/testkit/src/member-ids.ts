import { createHash } from 'node:crypto';

/** As etcd computes the id of a founding member with one peer URL. */
function foundingMemberId(peerUrl: string, token: string): bigint {
  return createHash('sha1').update(`${peerUrl}${token}`).digest().readBigUInt64BE(0);
}

/** 7 members: 1 token in 5,040 will do. */
const MAX_TOKENS = 200_000;

/**
 * A token with which the ids of the members ascend in the order of their URLs. Servers list members
 * by id, so the lists of two clusters then only differ in the ids themselves.
 */
export function tokenForAscendingIds(peerUrls: readonly string[]): string {
  for (let i = 0; i < MAX_TOKENS; i++) {
    const token = `cluster-${i}`;
    const ids = peerUrls.map((url) => foundingMemberId(url, token));
    if (ids.every((id, at) => at === 0 || id > (ids[at - 1] as bigint))) return token;
  }
  throw new Error(`no token orders ${peerUrls.length} members`);
}
