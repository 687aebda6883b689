import { InternalRaftRequest } from '@etcd-ts/wire-protocol';

type Payload = Omit<InternalRaftRequest, 'header' | 'ID' | 'v2'>;

const NOTHING: InternalRaftRequest = InternalRaftRequest.create();

/** The log entry of one request: exactly one payload field, and the id its answer is found by. */
export function raftRequest(id: bigint, payload: Partial<Payload>): InternalRaftRequest {
  return {
    ...NOTHING,
    header: { ID: id, username: '', authRevision: 0n },
    ...payload,
  };
}

/** Requests from before headers existed carry the id in a field of its own. */
export function requestIdOf(request: InternalRaftRequest): bigint {
  return request.header?.ID ?? request.ID;
}
