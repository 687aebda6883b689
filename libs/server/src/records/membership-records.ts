import { hexId, MemberId } from '@etcd-ts/foundation';
import { decodeMember, encodeMember, NO_DOWNGRADE } from '@etcd-ts/membership';
import type { Downgrade, Member, MembershipStore } from '@etcd-ts/membership';

import type { BucketStore } from './bucket-store.js';

const MEMBERS = 'members';
const REMOVED = 'members_removed';
const CLUSTER = 'cluster';
const CLUSTER_VERSION = Buffer.from('clusterVersion');
const DOWNGRADE = Buffer.from('downgrade');
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

  saveDowngrade({ enabled, targetVersion }: Downgrade): void {
    const json = JSON.stringify({ 'target-version': targetVersion, enabled });
    this.#buckets.bucketPut(CLUSTER, DOWNGRADE, Buffer.from(json));
  }

  load(): ReturnType<MembershipStore['load']> {
    const entries = (bucket: string) => [...this.#buckets.bucketEntries(bucket)];
    const version = this.#buckets.bucketGet(CLUSTER, CLUSTER_VERSION);
    const downgrade = this.#buckets.bucketGet(CLUSTER, DOWNGRADE);
    return {
      members: entries(MEMBERS).map(([, value]) => decodeMember(textOf(value))),
      removed: entries(REMOVED).map(([key]) => MemberId(BigInt(`0x${textOf(key)}`))),
      clusterVersion: version && textOf(version),
      downgrade: downgrade === undefined ? NO_DOWNGRADE : decodeDowngrade(textOf(downgrade)),
    };
  }
}

function decodeDowngrade(json: string): Downgrade {
  const fields = JSON.parse(json) as Readonly<Record<string, unknown>>;
  if (fields['enabled'] !== true) return NO_DOWNGRADE;
  return { enabled: true, targetVersion: String(fields['target-version'] ?? '') };
}

function keyOf(id: MemberId): Uint8Array {
  return Buffer.from(hexId(id));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
