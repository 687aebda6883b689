import type { ClusterId, MemberId } from '@etcd-ts/foundation';

export type Sha1 = (bytes: Uint8Array) => Uint8Array;
export declare function computeMemberId(
  sha1: Sha1,
  peerUrls: readonly string[],
  token: string,
  unixSeconds?: number,
): MemberId;
export declare function computeClusterId(sha1: Sha1, ids: readonly MemberId[]): ClusterId;
