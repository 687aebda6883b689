import { watchKey } from '@etcd-ts/grpc-api';
import type { WatchCreateRequest } from '@etcd-ts/wire-protocol';
import { WatchCreateRequest_FilterType } from '@etcd-ts/wire-protocol';
import type { Caller } from '../upstream/upstream.js';

/** What a watcher wants to see, and as whom: two that agree in all of it can share what they get. */
export interface WatchTarget {
  readonly key: Buffer;
  readonly rangeEnd: Buffer;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  readonly prevKv: boolean;
  /** The cluster decides what this user may see; nobody else gets to see it by way of him. */
  readonly caller: Caller;
}

export function targetOf(request: WatchCreateRequest, caller: Caller): WatchTarget {
  return {
    key: Buffer.from(watchKey(request)),
    rangeEnd: request.rangeEnd,
    noPut: request.filters.includes(WatchCreateRequest_FilterType.NOPUT),
    noDelete: request.filters.includes(WatchCreateRequest_FilterType.NODELETE),
    prevKv: request.prevKv,
    caller,
  };
}

export function identityOf(target: WatchTarget): string {
  const { key, rangeEnd, noPut, noDelete, prevKv, caller } = target;
  const { token, requireLeader } = caller;
  const bytes = [key, rangeEnd].map((each) => each.toString('latin1'));
  return JSON.stringify([...bytes, noPut, noDelete, prevKv, token, requireLeader]);
}
