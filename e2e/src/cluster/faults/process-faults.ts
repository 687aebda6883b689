import type { ClusterMember, EtcdCluster } from '@etcd-ts/testkit';

import type { Fault } from './fault.js';

type Victims = (cluster: EtcdCluster) => Promise<readonly ClusterMember[]>;

const leader: Victims = async (cluster) => [await cluster.leader()];
const follower: Victims = async (cluster) => [await cluster.follower()];
/** The leader among them: the rest can do nothing. */
const majority: Victims = async (cluster) => {
  const first = await cluster.leader();
  const rest = cluster.members.filter((member) => member !== first);
  return [first, ...rest.slice(0, Math.floor(cluster.members.length / 2))];
};
/** As many as may fail. */
const minority: Victims = async (cluster) =>
  (await majority(cluster)).slice(0, Math.floor((cluster.members.length - 1) / 2));
const everyone: Victims = (cluster) => Promise.resolve(cluster.members);

function ending(name: string, signal: 'SIGKILL' | 'SIGTERM', victims: Victims): Fault {
  return {
    name,
    keepsQuorum: victims !== majority && victims !== everyone,
    inflict: async (cluster) => {
      const ended = await victims(cluster);
      await Promise.all(ended.map((member) => member.stop(signal)));
      return async () => {
        await Promise.all(ended.map((member) => member.start()));
      };
    },
  };
}

function pausing(name: string, victims: Victims): Fault {
  return {
    name,
    keepsQuorum: victims !== majority,
    inflict: async (cluster) => {
      const paused = await victims(cluster);
      for (const member of paused) member.pause();
      return () => {
        for (const member of paused) member.resume();
        return Promise.resolve();
      };
    },
  };
}

/** One after the other, each back before the next goes: the cluster serves all the time. */
export const ROLLING_RESTART: Fault = {
  name: 'rolling restart',
  keepsQuorum: true,
  inflict: async (cluster) => {
    for (const member of cluster.members) {
      await member.stop('SIGTERM');
      await member.start();
      await cluster.leader();
    }
    return () => Promise.resolve();
  },
};

export const REPLACE_FOLLOWER: Fault = {
  name: 'replace a follower by one without data',
  keepsQuorum: true,
  minSize: 3,
  inflict: async (cluster) => {
    await cluster.replace(await cluster.follower());
    return () => Promise.resolve();
  },
};

export const KILL_LEADER = ending('kill -9 of the leader', 'SIGKILL', leader);
export const KILL_FOLLOWER = ending('kill -9 of a follower', 'SIGKILL', follower);
export const KILL_MINORITY = ending('kill -9 of all that may fail', 'SIGKILL', minority);
export const KILL_MAJORITY = ending('kill -9 of a majority', 'SIGKILL', majority);
export const KILL_ALL = ending('kill -9 of all', 'SIGKILL', everyone);
export const STOP_LEADER = ending('SIGTERM to the leader', 'SIGTERM', leader);
export const PAUSE_LEADER = pausing('SIGSTOP of the leader', leader);
export const PAUSE_FOLLOWER = pausing('SIGSTOP of a follower', follower);
export const PAUSE_MAJORITY = pausing('SIGSTOP of a majority', majority);

export const PROCESS_FAULTS: readonly Fault[] = [
  KILL_LEADER,
  KILL_FOLLOWER,
  KILL_MINORITY,
  KILL_MAJORITY,
  KILL_ALL,
  STOP_LEADER,
  PAUSE_LEADER,
  PAUSE_FOLLOWER,
  PAUSE_MAJORITY,
  ROLLING_RESTART,
  REPLACE_FOLLOWER,
];
