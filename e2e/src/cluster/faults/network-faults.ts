import type { EtcdCluster, LinkState } from '@etcd-ts/testkit';

import type { Fault } from './fault.js';

const HELD: LinkState = { kind: 'held' };
const SEVERED: LinkState = { kind: 'severed' };
/** The delay of etcd's own robustness suite, more than half an election timeout at worst. */
const SLOW: LinkState = { kind: 'delayed', delayMs: 75, jitterMs: 50 };

interface Sides {
  readonly leader: string;
  readonly others: readonly string[];
}

async function sidesOf(cluster: EtcdCluster): Promise<Sides> {
  const leader = (await cluster.leader()).name;
  const others = cluster.members.map(({ name }) => name).filter((name) => name !== leader);
  return { leader, others };
}

/** Links change until they are healed. For three members unless said. */
export function cutting(
  name: string,
  cut: (cluster: EtcdCluster, sides: Sides) => void,
  options: Partial<Fault> = {},
): Fault {
  return {
    name,
    keepsQuorum: true,
    minSize: 3,
    ...options,
    inflict: async (cluster) => {
      cut(cluster, await sidesOf(cluster));
      return () => {
        cluster.links.heal();
        return Promise.resolve();
      };
    },
  };
}

export const ISOLATE_LEADER = cutting('leader cut off, silently', ({ links }, { leader, others }) =>
  links.setBetween([leader], others, HELD),
);

export const SEVER_LEADER = cutting(
  'leader cut off, connections reset',
  ({ links }, { leader, others }) => links.setBetween([leader], others, SEVERED),
);

export const NETWORK_FAULTS: readonly Fault[] = [
  ISOLATE_LEADER,
  SEVER_LEADER,
  cutting('leader cannot be heard', ({ links }, { leader, others }) => {
    for (const other of others) links.set(leader, other, HELD);
  }),
  cutting('leader cannot hear', ({ links }, { leader, others }) => {
    for (const other of others) links.set(other, leader, HELD);
  }),
  cutting('a follower cut off', ({ links }, { leader, others }) =>
    links.setBetween(others.slice(0, 1), [leader, ...others.slice(1)], HELD),
  ),
  cutting(
    'two followers cut off from each other',
    ({ links }, { others }) => links.setBetween(others.slice(0, 1), others.slice(1, 2), HELD),
    { isQuiet: true },
  ),
  cutting(
    'leader with a minority',
    ({ links, members }, { leader, others }) => {
      const with_ = others.slice(0, Math.floor((members.length - 1) / 2) - 1);
      links.setBetween([leader, ...with_], others.slice(with_.length), HELD);
    },
    { minSize: 5 },
  ),
  cutting('every link delayed by 75 ± 50 ms', ({ links, members }) => {
    const names = members.map(({ name }) => name);
    links.setBetween(names, names, SLOW);
  }),
  cutting(
    'nobody reaches anybody',
    ({ links, members }) => {
      const names = members.map(({ name }) => name);
      links.setBetween(names, names, HELD);
    },
    { keepsQuorum: false },
  ),
];
