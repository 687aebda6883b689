import { LeaseId } from '@etcd-ts/foundation';
import { SERVER_VERSION } from '@etcd-ts/server';
import type { Member, Peers } from '@etcd-ts/server';
import { ERRORS } from '@etcd-ts/wire-protocol';

/** Puts a question to the first member that answers; undefined when none does in time. */
export type Ask = <T>(
  urls: readonly string[],
  timeoutMs: number,
  question: (member: Member) => Promise<T>,
) => Promise<T | undefined>;

/** What members ask each other outside of raft. */
export function peerCalls(ask: Ask): Peers['calls'] {
  return {
    lookup: () => Promise.resolve(undefined),
    cluster: (urls, timeoutMs) =>
      ask(urls, timeoutMs, async ({ server }) => {
        await Promise.resolve();
        return {
          clusterId: server.facts.header().clusterId,
          members: server.cluster.knownMembers(),
        };
      }),
    versions: (urls, timeoutMs) =>
      ask(urls, timeoutMs, async ({ server }) => {
        await Promise.resolve();
        return { server: SERVER_VERSION, cluster: server.facts.clusterVersion() ?? '' };
      }),
    promote: (urls, id, timeoutMs) =>
      ask(urls, timeoutMs, async ({ server }) => {
        await server.cluster.promoteMemberHere(id);
        return true as const;
      }),
    renewLease: async (urls, id, timeoutMs) =>
      unlessRefused(ask(urls, timeoutMs, ({ server }) => server.leases.renewHere(LeaseId(id)))),
    leaseTimes: (urls, request, timeoutMs) =>
      unlessRefused(ask(urls, timeoutMs, ({ server }) => server.leases.timeToLiveHere(request))),
    hashKv: (urls, _cluster, revision, timeoutMs) =>
      ask(urls, timeoutMs, ({ server }) => server.maintenance.hashKv(revision)),
  };
}

/** Whoever was asked is not the leader after all: no answer, as over HTTP. */
async function unlessRefused<T>(work: Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && error.message === ERRORS.NotLeader.message) return undefined;
    throw error;
  }
}
