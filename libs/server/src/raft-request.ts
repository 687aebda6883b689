import { InternalRaftRequest } from '@etcd-ts/wire-protocol';

type Payload = Omit<InternalRaftRequest, 'header' | 'ID'>;

const NOTHING: InternalRaftRequest = InternalRaftRequest.create();

/** The log entry of one request: exactly one payload field, and the id its answer is found by. */
export function raftRequest(id: bigint, payload: Partial<Payload>): InternalRaftRequest {
  const { v2 } = payload;
  return {
    ...NOTHING,
    header: { ID: id, username: '', authRevision: 0n },
    ...payload,
    // Members of etcd 3.4 look for the id of these in the request itself.
    ...(v2 === undefined ? {} : { v2: { ...v2, ID: id } }),
  };
}

/** Requests from before headers existed carry the id in a field of its own. */
export function requestIdOf(request: InternalRaftRequest): bigint {
  return request.header?.ID ?? request.ID;
}
