import { join } from 'node:path';

import {
  createScratchDirectory,
  etcdctl,
  removeScratchDirectory,
  type Bootstrap,
  type ClusterMember,
  type CommandResult,
} from '@etcd-ts/testkit';

import { etcdutl } from '../../snapshots/etcdutl.js';
import type { ChaosFault } from './chaos-fault.js';

/** A learner joins under load, becomes a voter, and leaves again: three changes. */
const GROW_AND_SHRINK: ChaosFault = {
  name: 'a member joins, is promoted, leaves',
  row: 'F12',
  lastsMs: [0, 500],
  inflict: async ({ cluster }) => {
    const joined = await cluster.add({ learner: true });
    await joined.start();
    await cluster.promote(joined);
    return {
      heal: async () => {
        await cluster.remove(joined);
        await cluster.retire(joined);
      },
      proof: () => '3 changes',
      times: 3,
    };
  },
};

/**
 * All but the leader are lost with their disks, and it goes on alone. Nothing acknowledged may be
 * lost: the others end first, so nothing is acknowledged that the leader does not have.
 */
const FORCE_NEW_CLUSTER: ChaosFault = {
  name: 'force-new-cluster from the leader',
  row: 'F12',
  minSize: 3,
  lastsMs: [0, 500],
  inflict: async ({ cluster }) => {
    const leader = await cluster.leader();
    const others = cluster.members.filter((member) => member !== leader);
    await Promise.all(others.map((member) => member.kill()));
    await leader.stop('SIGTERM');
    const before = leader.log.length;
    return {
      heal: () => cluster.refound(leader),
      proof: () =>
        leader.log.slice(before).includes('forc') ? `${leader.name} went on alone` : undefined,
      times: others.length,
    };
  },
};

function succeeded({ exitCode, stderr }: CommandResult): void {
  if (exitCode !== 0) throw new Error(stderr);
}

async function restored(
  file: string,
  { name, dataDir, peerUrl }: ClusterMember,
  { initialCluster, token }: Bootstrap,
): Promise<void> {
  const result = await etcdutl(
    ...['snapshot', 'restore', file, '--name', name, '--data-dir', dataDir],
    ...['--initial-cluster', initialCluster, '--initial-cluster-token', token],
    ...['--initial-advertise-peer-urls', peerUrl],
  );
  succeeded(result);
}

/**
 * Every disk is lost, and only a snapshot is left. It is of the leader when the others have ended, so
 * that it has all that was acknowledged, and the history goes on. The v2 keys are in no snapshot.
 */
const RESTORE_SNAPSHOT: ChaosFault = {
  name: 'all disks lost, a snapshot restored',
  row: 'F12',
  minSize: 3,
  lastsMs: [0, 500],
  without: ['V'],
  inflict: async ({ cluster }) => {
    const folder = createScratchDirectory('restored');
    const file = join(folder, 'saved.db');
    const leader = await cluster.leader();
    const others = cluster.members.filter((member) => member !== leader);
    await Promise.all(others.map((member) => member.kill()));
    succeeded(await etcdctl(leader.endpoint, ['snapshot', 'save', file]));
    await leader.kill();
    return {
      heal: async () => {
        await cluster.restore((member, bootstrap) => restored(file, member, bootstrap));
        removeScratchDirectory(folder);
      },
      proof: () => `${cluster.members.length} members began anew from a snapshot of ${leader.name}`,
    };
  },
};

/** Their connections stay open and are not read from. */
const SLOW_WATCHERS: ChaosFault = {
  name: 'watchers stop reading',
  row: 'F14',
  lastsMs: [3_000, 6_000],
  inflict: ({ watches }) => {
    const count = watches.pause();
    return Promise.resolve({
      heal: () => {
        watches.resume();
        return Promise.resolve();
      },
      proof: () => (count > 0 ? `${count} watchers did not read` : undefined),
    });
  },
};

export const MEMBER_FAULTS: readonly ChaosFault[] = [
  GROW_AND_SHRINK,
  FORCE_NEW_CLUSTER,
  RESTORE_SNAPSHOT,
  SLOW_WATCHERS,
];
