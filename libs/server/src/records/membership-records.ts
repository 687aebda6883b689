import { hexId, MemberId } from '@etcd-ts/foundation';
import { decodeMember, encodeMember } from '@etcd-ts/membership';
import type { Member, MembershipStore } from '@etcd-ts/membership';

import type { BucketStore } from './bucket-store.js';

const MEMBERS = 'members';
const REMOVED = 'members_removed';
const CLUSTER = 'cluster';
const CLUSTER_VERSION = Buffer.from('clusterVersion');
const REMOVED_MARK = Buffer.from('removed');

/** etcd's `members`, `members_removed` and `cluster` buckets, keyed by lower-case hex ids. */
export class BackendMembershipRecords implements MembershipStore {
  readonly #buckets: BucketStore;

  constructor(buckets: BucketStore) {
    this.#buckets = buckets;
  }

  saveMember(member: Member): void {
    this.#buckets.bucketPut(MEMBERS, keyOf(member.id), Buffer.from(encodeMember(member)));
  }

  removeMember(id: MemberId): void {
    this.#buckets.bucketDelete(MEMBERS, keyOf(id));
    this.#buckets.bucketPut(REMOVED, keyOf(id), REMOVED_MARK);
  }

  saveClusterVersion(version: string): void {
    this.#buckets.bucketPut(CLUSTER, CLUSTER_VERSION, Buffer.from(version));
  }

  load(): ReturnType<MembershipStore['load']> {
    const entries = (bucket: string) => [...this.#buckets.bucketEntries(bucket)];
    const version = this.#buckets.bucketGet(CLUSTER, CLUSTER_VERSION);
    return {
      members: entries(MEMBERS).map(([, value]) => decodeMember(textOf(value))),
      removed: entries(REMOVED).map(([key]) => MemberId(BigInt(`0x${textOf(key)}`))),
      clusterVersion: version && textOf(version),
    };
  }
}

function keyOf(id: MemberId): Uint8Array {
  return Buffer.from(hexId(id));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
