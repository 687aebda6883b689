import type { V2Request } from '@etcd-ts/v2-store';
import type { V2RaftRequest } from '@etcd-ts/wire-protocol';

/** The entry's field `v2`, as other programs' members read it, without an id. */
export function toWireV2(request: V2Request): V2RaftRequest {
  const { method, path, value, dir, prevValue, prevIndex, prevExist } = request;
  const { expirationNs, recursive, sorted, refresh, timeNs } = request;
  return {
    Method: method,
    Path: path,
    Val: value,
    Dir: dir,
    PrevValue: prevValue,
    PrevIndex: prevIndex,
    PrevExist: prevExist,
    Expiration: expirationNs,
    Wait: false,
    Since: 0n,
    Recursive: recursive,
    Sorted: sorted,
    Quorum: false,
    Time: timeNs,
    Stream: false,
    // Absent is what other programs send for "no".
    Refresh: refresh ? true : undefined,
  };
}

/** What applying reads of it; other programs leave out what has its default. */
export function toDomainV2(request: V2RaftRequest): V2Request {
  return {
    method: request.Method ?? '',
    path: request.Path ?? '/',
    value: request.Val ?? '',
    dir: request.Dir ?? false,
    prevValue: request.PrevValue ?? '',
    prevIndex: request.PrevIndex ?? 0n,
    prevExist: request.PrevExist,
    expirationNs: request.Expiration ?? 0n,
    recursive: request.Recursive ?? false,
    sorted: request.Sorted ?? false,
    refresh: request.Refresh ?? false,
    timeNs: request.Time ?? 0n,
  };
}
