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

export function maintenanceService({ facts, maintenance, cluster }: EtcdServer): BoundService {
  return bindService(MaintenanceDefinition, {
    alarm: async (request) => withHeader(facts, await maintenance.alarm(request)),
    status: async () => withHeader(facts, maintenance.status()),
    defragment: async () => {
      await maintenance.defragment();
      return { header: undefined };
    },
    hash: async () => ({ header: headerOf(facts), hash: await maintenance.hash() }),
    hashKV: async ({ revision }) => {
      const answer = await maintenance.hashKv(Number(revision));
      return {
        header: headerOf(facts, BigInt(answer.revision)),
        hash: answer.hash,
        compactRevision: BigInt(answer.compactRevision),
        hashRevision: BigInt(answer.hashRevision),
      };
    },
    snapshot: (_request, _call, out) => streamSnapshot(maintenance, STORAGE_VERSION, out),
    moveLeader: async ({ targetID }) => {
      await cluster.moveLeader(MemberId(targetID));
      return { header: undefined };
    },
    downgrade: async ({ action, version }) => {
      const name = DOWNGRADE_ACTIONS[action];
      if (name === undefined) throw unknownMethod();
      return { header: headerOf(facts), version: await maintenance.downgrade(name, version) };
    },
  });
}

/** etcd's answer to an enum that it does not know, which has no code of its own. */
function unknownMethod(): EtcdError {
  return new EtcdError({ code: GrpcStatus.Unknown, message: 'etcdserver: unknown method' });
}
