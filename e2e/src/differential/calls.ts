import type { Rng } from '@etcd-ts/foundation';
import type { MessageCodec, Method, Service } from '@etcd-ts/testkit';
import {
  CompactionRequest,
  HashKVRequest,
  KVDefinition,
  LeaseDefinition,
  LeaseGrantRequest,
  LeaseLeasesRequest,
  LeaseRevokeRequest,
  LeaseTimeToLiveRequest,
  MaintenanceDefinition,
} from '@etcd-ts/wire-protocol';

import {
  anyDeleteRangeRequest,
  anyPutRequest,
  anyRangeRequest,
  anyTxnRequest,
} from './kv-requests.js';
import type { Timeline } from './timeline.js';
import { chance, pick } from './universe.js';

interface JsonCodec<T> extends MessageCodec<T> {
  toJSON(message: T): unknown;
}

/** One unary call, encoded, so that both servers get the very same bytes. */
export interface Call {
  readonly name: string;
  readonly path: string;
  readonly body: Buffer;
  readonly request: unknown;
  readonly answer: (bytes: Buffer) => unknown;
}

function call<Request, Response>(
  service: Service,
  method: Method<Request, Response> & {
    readonly requestType: JsonCodec<Request>;
    readonly responseType: JsonCodec<Response>;
  },
  request: Request,
): Call {
  return {
    name: method.name,
    path: `/${service.fullName}/${method.name}`,
    body: Buffer.from(method.requestType.encode(request).finish()),
    request: method.requestType.toJSON(request),
    answer: (bytes) => method.responseType.toJSON(method.responseType.decode(bytes)),
  };
}

const { range, put, deleteRange, txn, compact } = KVDefinition.methods;
const { leaseGrant, leaseRevoke, leaseTimeToLive, leaseLeases } = LeaseDefinition.methods;
/** Long enough that nothing expires during a run. */
const LEASE_TTL_SECONDS = 36_000;
const MAX_LEASES = 6;

function anyGrant(rng: Rng, timeline: Timeline): Call {
  const id = chance(rng, 0.1) ? timeline.anyLease(rng) : BigInt(1 + rng.below(1_000_000));
  const ttl = chance(rng, 0.05) ? pick(rng, [9_000_000_001, 0, -1]) : LEASE_TTL_SECONDS;
  return call(
    LeaseDefinition,
    leaseGrant,
    LeaseGrantRequest.fromPartial({
      ID: id,
      // A minimal TTL would let the lease expire at a moment of each server's own choosing.
      TTL: BigInt(ttl <= 0 ? LEASE_TTL_SECONDS : ttl),
    }),
  );
}

function anyLeaseCall(rng: Rng, timeline: Timeline): Call {
  if (timeline.leases.size < 2) return anyGrant(rng, timeline);
  const id = timeline.anyLease(rng);
  const choice = rng.next();
  if (timeline.leases.size >= MAX_LEASES || choice < 0.2) {
    return call(LeaseDefinition, leaseRevoke, LeaseRevokeRequest.fromPartial({ ID: id }));
  }
  if (choice < 0.6) {
    const request = LeaseTimeToLiveRequest.fromPartial({ ID: id, keys: chance(rng, 0.8) });
    return call(LeaseDefinition, leaseTimeToLive, request);
  }
  if (choice < 0.7) {
    return call(LeaseDefinition, leaseLeases, LeaseLeasesRequest.fromPartial({}));
  }
  return anyGrant(rng, timeline);
}

export function hashKvCall(revision: bigint): Call {
  const request = HashKVRequest.fromPartial({ revision });
  return call(MaintenanceDefinition, MaintenanceDefinition.methods.hashKV, request);
}

export function compactCall(revision: bigint, physical: boolean): Call {
  return call(KVDefinition, compact, CompactionRequest.fromPartial({ revision, physical }));
}

/** The next call of a random history; compactions are drawn apart, since watches must settle first. */
export function anyCall(rng: Rng, timeline: Timeline): Call {
  const choice = rng.next();
  if (choice < 0.35) return call(KVDefinition, put, anyPutRequest(rng, timeline));
  if (choice < 0.6) return call(KVDefinition, range, anyRangeRequest(rng, timeline));
  if (choice < 0.72) return call(KVDefinition, deleteRange, anyDeleteRangeRequest(rng));
  if (choice < 0.92) return call(KVDefinition, txn, anyTxnRequest(rng, timeline));
  if (choice < 0.97) return anyLeaseCall(rng, timeline);
  // 3.4 refuses to hash the compacted revision itself, newer servers answer.
  const revision = timeline.anyRevision(rng);
  return hashKvCall(Number(revision) === timeline.compactRevision ? 0n : revision);
}
