import { LeaseId, MemberId } from '@etcd-ts/foundation';
import type { PeerOperations } from '@etcd-ts/http-gateway';
import { encodeMembers } from '@etcd-ts/membership';
import type { EtcdServer } from '@etcd-ts/server';
import {
  ERRORS,
  EtcdError,
  LeaseInternalRequest,
  LeaseInternalResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
} from '@etcd-ts/wire-protocol';
import type { RegisteredError } from '@etcd-ts/wire-protocol';

type Answer = Awaited<ReturnType<PeerOperations['hashKv']>>;

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const PROTOBUF = { 'Content-Type': 'application/protobuf' };

/** What of a server other members can ask for. */
export interface AskedServer {
  readonly cluster: Pick<EtcdServer['cluster'], 'promoteMemberHere' | 'knownMembers'>;
  readonly leases: Pick<EtcdServer['leases'], 'renewHere' | 'timeToLiveHere'>;
  readonly maintenance: Pick<EtcdServer['maintenance'], 'hashKv' | 'downgradeInfo'>;
}

/** What other members ask of this one over HTTP, with etcd's statuses and texts. */
export function peerOperations({ cluster, leases, maintenance }: AskedServer): PeerOperations {
  return {
    downgradeEnabled: async () => (await maintenance.downgradeInfo()).enabled,
    promote: (id) =>
      refusing(promotionRefusal, async () => {
        await cluster.promoteMemberHere(MemberId(id));
        const body = `${encodeMembers(cluster.knownMembers())}\n`;
        return { status: 200, headers: JSON_TYPE, body };
      }),
    renewLease: (body) =>
      refusing(leaseRefusal, async () => {
        const { ID } = decode(LeaseKeepAliveRequest, body);
        const TTL = BigInt(await leases.renewHere(LeaseId(ID)));
        const response = LeaseKeepAliveResponse.encode({ header: undefined, ID, TTL }).finish();
        return { status: 200, headers: PROTOBUF, body: response };
      }),
    leaseTimes: (body) =>
      refusing(leaseRefusal, async () => {
        const { LeaseTimeToLiveRequest: request } = decode(LeaseInternalRequest, body);
        if (request === undefined) return plain(400, 'error unmarshalling request');
        const response = { LeaseTimeToLiveResponse: await leases.timeToLiveHere(request) };
        const bytes = LeaseInternalResponse.encode(response).finish();
        return { status: 200, headers: PROTOBUF, body: bytes };
      }),
    hashKv: (revision) =>
      refusing(hashRefusal, async () => {
        const answer = await maintenance.hashKv(revision);
        const body = JSON.stringify({
          header: { revision: answer.revision },
          hash: answer.hash,
          compact_revision: answer.compactRevision,
          hash_revision: answer.hashRevision,
        });
        return { status: 200, headers: JSON_TYPE, body };
      }),
  };
}

/** Bytes that are no such message. */
class Malformed extends Error {}

function decode<T>(codec: { decode(bytes: Uint8Array): T }, body: Uint8Array): T {
  try {
    return codec.decode(body);
  } catch (error) {
    throw new Malformed('error unmarshalling request', { cause: error });
  }
}

function plain(status: number, message: string): Answer {
  return { status, headers: TEXT, body: `${message}\n` };
}

async function refusing(
  refusal: (error: unknown) => Answer,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Malformed ? plain(400, error.message) : refusal(error);
  }
}

function is(error: unknown, registered: RegisteredError): boolean {
  return error instanceof EtcdError && error.is(registered);
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function promotionRefusal(error: unknown): Answer {
  if (is(error, ERRORS.MemberNotFound)) return plain(404, 'membership: ID not found');
  if (is(error, ERRORS.MemberNotLearner)) {
    return plain(412, 'membership: can only promote a learner member');
  }
  if (is(error, ERRORS.LearnerNotReady)) return plain(412, textOf(error));
  return { status: 500, headers: JSON_TYPE, body: '{"message":"Internal Server Error"}' };
}

function leaseRefusal(error: unknown): Answer {
  if (is(error, ERRORS.LeaseNotFound)) return plain(404, 'lease not found');
  if (is(error, ERRORS.Timeout)) {
    return plain(408, 'waiting for node to catch up its applied index has timed out');
  }
  if (is(error, ERRORS.NotLeader)) return plain(400, 'not a primary lessor');
  return plain(400, textOf(error));
}

function hashRefusal(error: unknown): Answer {
  return plain(400, textOf(error).replace(/^etcdserver: /u, ''));
}
