import { NOBODY } from '@etcd-ts/auth';
import type { AuthInfo } from '@etcd-ts/auth';
import {
  encodeMessage,
  InternalRaftRequest,
  PutRequest,
  RequestHeader,
  V2RaftRequest,
} from '@etcd-ts/wire-protocol';
import type { MessageEncoder } from '@etcd-ts/wire-protocol';

/** A request of the log. Decoded ones have every field, our own only those that are set. */
export type RaftRequest = Partial<InternalRaftRequest>;

type Payload = Omit<InternalRaftRequest, 'header' | 'ID'>;

/**
 * The log entry of one request: exactly one payload field, the id its answer is found by, and who
 * asks, as every member judges anew when it applies the entry.
 */
export function raftRequest(
  id: bigint,
  payload: Partial<Payload>,
  { username, revision }: AuthInfo = NOBODY,
): RaftRequest {
  const authRevision = revision === 0 ? 0n : BigInt(revision);
  const header = { ID: id, username, authRevision };
  const { put, v2 } = payload;
  // All puts in flight are held until they are applied: with a field for each of the thirty kinds
  // of request they were the largest part of what the garbage collector had to move.
  if (put !== undefined) return { put, header };
  // Members of etcd 3.4 look for the id of these in the request itself.
  if (v2 !== undefined) return { v2: { ...v2, ID: id }, header };
  return { ...payload, header };
}

/** Requests from before headers existed carry the id in a field of its own. */
export function requestIdOf(request: RaftRequest): bigint {
  return request.header?.ID ?? request.ID ?? 0n;
}

/** The bytes of the log entry: an InternalRaftRequest. */
export function encodeRaftRequest(request: RaftRequest): Uint8Array {
  return encodeMessage(RAFT_REQUEST, request);
}

const NOTHING: InternalRaftRequest = InternalRaftRequest.create();
const HEADER_TAG = (100 << 3) | 2;
const PUT_TAG = (4 << 3) | 2;
const V2_TAG = (2 << 3) | 2;

const RAFT_REQUEST: MessageEncoder<RaftRequest> = {
  encode: (request, writer) => {
    const { header, put, v2 } = request;
    // The generated encoder looks for each of thirty fields; a put of either API has these two.
    if (writer === undefined || header === undefined || (put ?? v2) === undefined) {
      return InternalRaftRequest.encode({ ...NOTHING, ...request }, writer);
    }
    RequestHeader.encode(header, writer.uint32(HEADER_TAG).fork()).join();
    if (put !== undefined) PutRequest.encode(put, writer.uint32(PUT_TAG).fork()).join();
    if (v2 !== undefined) V2RaftRequest.encode(v2, writer.uint32(V2_TAG).fork()).join();
    return writer;
  },
};
