import { MemberId } from '@etcd-ts/foundation';
import { bindService } from '@etcd-ts/rpc';
import type { BoundService } from '@etcd-ts/rpc';
import { STORAGE_VERSION } from '@etcd-ts/server';
import type { EtcdServer } from '@etcd-ts/server';
import {
  DowngradeRequest_DowngradeAction,
  EtcdError,
  GrpcStatus,
  MaintenanceDefinition,
} from '@etcd-ts/wire-protocol';

import { headerOf, withHeader } from './header.js';
import { streamSnapshot } from './snapshot-stream.js';

const DOWNGRADE_ACTIONS: Readonly<Record<number, 'validate' | 'enable' | 'cancel'>> = {
  [DowngradeRequest_DowngradeAction.VALIDATE]: 'validate',
  [DowngradeRequest_DowngradeAction.ENABLE]: 'enable',
  [DowngradeRequest_DowngradeAction.CANCEL]: 'cancel',
};

export function maintenanceService(server: EtcdServer): BoundService {
  const { facts } = server;
  return bindService(MaintenanceDefinition, {
    alarm: async (request, call) =>
      withHeader(facts, await server.as(call).maintenance.alarm(request)),
    status: async (_request, call) => withHeader(facts, await server.as(call).maintenance.status()),
    defragment: async (_request, call) => {
      await server.as(call).maintenance.defragment();
      return { header: undefined };
    },
    hash: async (_request, call) => {
      const hash = await server.as(call).maintenance.hash();
      return { header: headerOf(facts), hash };
    },
    hashKV: async ({ revision }, call) => {
      const answer = await server.as(call).maintenance.hashKv(Number(revision));
      return {
        header: headerOf(facts, BigInt(answer.revision)),
        hash: answer.hash,
        compactRevision: BigInt(answer.compactRevision),
        hashRevision: BigInt(answer.hashRevision),
      };
    },
    snapshot: (_request, call, out) =>
      streamSnapshot(server.as(call).maintenance, STORAGE_VERSION, out),
    moveLeader: async ({ targetID }, call) => {
      await server.as(call).cluster.moveLeader(MemberId(targetID));
      return { header: undefined };
    },
    downgrade: async ({ action, version }, call) => {
      const name = DOWNGRADE_ACTIONS[action];
      if (name === undefined) throw unknownMethod();
      const clusterVersion = await server.as(call).maintenance.downgrade(name, version);
      return { header: headerOf(facts), version: clusterVersion };
    },
  });
}

/** etcd's answer to an enum that it does not know, which has no code of its own. */
function unknownMethod(): EtcdError {
  return new EtcdError({ code: GrpcStatus.Unknown, message: 'etcdserver: unknown method' });
}
