import type { WatchRequest } from '@etcd-ts/wire-protocol';
import { WatchCreateRequest_FilterType } from '@etcd-ts/wire-protocol';
import type { Keys } from '../kv/key-range.js';
import { toKeyRange } from '../kv/key-range.js';
import type { KeySpace } from '../kv/key-space.js';
import type { WatchOptions } from './watch.js';

export function createRequest(
  space: KeySpace,
  keys: Keys,
  options: WatchOptions,
  startRevision: bigint,
): WatchRequest {
  const { progressNotify = false, prevKv = false, noPut = false, noDelete = false } = options;
  const value = {
    ...space.outward(toKeyRange(keys)),
    startRevision,
    progressNotify,
    prevKv,
    filters: [
      ...(noPut ? [WatchCreateRequest_FilterType.NOPUT] : []),
      ...(noDelete ? [WatchCreateRequest_FilterType.NODELETE] : []),
    ],
    watchId: 0n,
    fragment: true,
  };
  return { requestUnion: { $case: 'createRequest', value } };
}
