import type { ResponseHeader, WatchResponse } from '@etcd-ts/wire-protocol';

/** Go's client takes a missing header for a broken server. */
export const NO_HEADER: ResponseHeader = {
  clusterId: 0n,
  memberId: 0n,
  revision: 0n,
  raftTerm: 0n,
};

export const watchResponse = (fields: Partial<WatchResponse>): WatchResponse => ({
  header: undefined,
  watchId: 0n,
  created: false,
  canceled: false,
  compactRevision: 0n,
  cancelReason: '',
  fragment: false,
  events: [],
  ...fields,
});
