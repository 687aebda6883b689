import { LeaseId } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { bindService } from '@etcd-ts/rpc';
import type { BoundService, ServiceHandlers } from '@etcd-ts/rpc';
import type { EtcdServer, LeaseOperations } from '@etcd-ts/server';
import {
  ERRORS,
  EtcdError,
  LeaseDefinition,
  LeaseGrantRequest,
  LeaseGrantResponse,
} from '@etcd-ts/wire-protocol';

import { decodedOrNot } from './decoded-or-not.js';
import { headerOf, withHeader } from './header.js';
import { MessageAnswer } from './message-answer.js';
import { countStreamFailure } from './stream-failure.js';

export interface LeaseServiceParts {
  readonly server: EtcdServer;
  readonly metrics: EtcdMetrics;
}

export function leaseService({ server, metrics }: LeaseServiceParts): BoundService {
  const { facts, directWrites } = server;
  /** An unknown or expired lease is no error to a keep-alive: it has 0 seconds left. */
  const renewedTtl = async (leases: LeaseOperations, id: LeaseId): Promise<number> => {
    try {
      return await leases.renew(id);
    } catch (error) {
      if (error instanceof EtcdError && error.is(ERRORS.LeaseNotFound)) return 0;
      throw error;
    }
  };
  const handlers: ServiceHandlers<typeof LeaseDefinition> = {
    leaseGrant: async (request, call) =>
      withHeader(facts, await server.as(call).leases.grant(request)),
    leaseRevoke: async (request, call) =>
      withHeader(facts, await server.as(call).leases.revoke(request)),
    leaseKeepAlive: async (incoming, call, out) => {
      const { leases } = server.as(call);
      try {
        for await (const { ID } of incoming) {
          // Before the renewal: the answer never claims a revision the lease was not alive at.
          const header = headerOf(facts);
          const TTL = BigInt(await renewedTtl(leases, LeaseId(ID)));
          if (!out.write({ header, ID, TTL })) await out.drained();
        }
      } catch (error) {
        countStreamFailure(metrics, 'lease-keepalive', error);
        throw error;
      }
    },
    leaseTimeToLive: async (request, call) =>
      withHeader(facts, await server.as(call).leases.timeToLive(request)),
    leaseLeases: async (_request, call) => {
      const leases = await server.as(call).leases.list();
      return { header: headerOf(facts), leases: leases.map((ID) => ({ ID })) };
    },
  };
  return bindService(LeaseDefinition, handlers, {
    leaseGrant: (bytes, call, answer, slow) => {
      const request = directWrites.isOpen ? decodedOrNot(LeaseGrantRequest, bytes) : undefined;
      if (request === undefined) return false;
      const grant = new MessageAnswer('leaseGrant', LeaseGrantResponse, facts, call, answer, slow);
      return directWrites.proposeGrant(request, grant);
    },
  });
}
