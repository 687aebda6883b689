import { v2Request } from '@etcd-ts/v2-store';
import type { V2Request } from '@etcd-ts/v2-store';
import { V2RaftRequest } from '@etcd-ts/wire-protocol';

/** The entry's field `v2`, as other programs' members read it, without an id. */
export function toWireV2(request: V2Request): V2RaftRequest {
  const { method, path, value, dir, prevValue, prevIndex, prevExist } = request;
  const { expirationNs, recursive, sorted, refresh, timeNs } = request;
  return V2RaftRequest.fromPartial({
    ...{ Method: method, Path: path, Val: value, Dir: dir, PrevValue: prevValue },
    ...{ PrevIndex: prevIndex, PrevExist: prevExist, Expiration: expirationNs },
    ...{ Recursive: recursive, Sorted: sorted, Time: timeNs },
    // Absent is what other programs send for "no".
    ...(refresh ? { Refresh: true } : {}),
  });
}

/** What applying reads of it; other programs leave out what has its default. */
export function toDomainV2(request: V2RaftRequest): V2Request {
  return v2Request({
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
  });
}
