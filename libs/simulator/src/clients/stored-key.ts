import type { KeyValue } from '@etcd-ts/checker';
import { toBinaryString } from '@etcd-ts/foundation';
import type { KeyValue as StoredKeyValue } from '@etcd-ts/mvcc';

/** What a member has stored, as histories tell it. */
export function keyValueOfStore(kv: StoredKeyValue): KeyValue {
  return {
    key: toBinaryString(kv.key),
    value: toBinaryString(kv.value),
    createRevision: kv.createRevision,
    modRevision: kv.modRevision,
    version: kv.version,
    lease: kv.lease,
  };
}
