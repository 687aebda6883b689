import { assert, ClusterId, MemberId } from '@etcd-ts/foundation';

/** The 20 bytes of SHA-1 over `bytes`: cryptography is the owner's to provide. */
export type Sha1 = (bytes: Uint8Array) => Uint8Array;

/**
 * The id etcd gives a member with these peer URLs, whatever their order. Bootstrap members take the
 * cluster's token and no time, so that all compute the same ids without talking; a member added at
 * run time takes the time of the proposal (with an empty token), so that a removed member's URL can
 * come back under a new id.
 */
export function computeMemberId(
  sha1: Sha1,
  peerUrls: readonly string[],
  token: string,
  unixSeconds?: number,
): MemberId {
  const time = unixSeconds === undefined ? '' : String(Math.trunc(unixSeconds));
  const bytes = Buffer.from([...sortedByBytes(peerUrls), token, time].join(''), 'utf8');
  return MemberId(firstUint64(sha1(bytes)));
}

/** The id of the cluster that these members bootstrap, whatever their order. */
export function computeClusterId(sha1: Sha1, ids: readonly MemberId[]): ClusterId {
  const bytes = Buffer.alloc(8 * ids.length);
  [...ids]
    .sort((a, b) => (a < b ? -1 : Number(a > b)))
    .forEach((id, position) => bytes.writeBigUInt64BE(id, 8 * position));
  return ClusterId(firstUint64(sha1(bytes)));
}

/** Go's order of strings, which differs from JavaScript's beyond the basic plane. */
function sortedByBytes(texts: readonly string[]): string[] {
  return [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function firstUint64(digest: Uint8Array): bigint {
  assert(digest.length === 20, 'a SHA-1 digest has 20 bytes');
  return new DataView(digest.buffer, digest.byteOffset, 8).getBigUint64(0);
}
