import {
  eventually,
  pause,
  type ClusterMember,
  type EtcdCluster,
  type LinkState,
} from '@etcd-ts/testkit';

import { cutting } from '../../cluster/faults/network-faults.js';
import type { ChaosFault, Site } from './chaos-fault.js';
import { ofTheNetwork } from './known-faults.js';

const HELD: LinkState = { kind: 'held' };
const SNAPSHOT_TIMEOUT_MS = 60_000;
/** Between two breaks of connections; a stream is dialled again after 100 ms. */
const BREAK_EVERY_MS = 150;

const namesOf = (cluster: EtcdCluster): readonly string[] =>
  cluster.members.map(({ name }) => name);

/** Everybody reaches a majority, and no two the same one. */
export const RING = ofTheNetwork(
  cutting(
    'majority ring',
    ({ links }, { leader, others }) => {
      const names = [leader, ...others];
      for (const [at, name] of names.entries()) {
        const far = [2, names.length - 2].map(
          (steps) => names[(at + steps) % names.length] ?? name,
        );
        links.setBetween([name], far, HELD);
      }
    },
    { minSize: 5 },
  ),
);

/** Two halves that meet in one member only, which is not the leader. */
export const BRIDGE = ofTheNetwork(
  cutting(
    'bridge',
    ({ links }, { leader, others }) =>
      links.setBetween([leader, ...others.slice(0, 1)], others.slice(1, 3), HELD),
    { minSize: 5 },
  ),
);

function delaying(name: string, delayMs: number, jitterMs: number): ChaosFault {
  return {
    name,
    row: 'F6',
    minSize: 2,
    lastsMs: delayMs > 1_000 ? [6_000, 8_000] : [2_000, 5_000],
    inflict: async ({ cluster, load }) => {
      links(cluster, { kind: 'delayed', delayMs, jitterMs });
      const startedMs = performance.now();
      await load.pulse(await firstLeader(cluster), delayMs + 3_000);
      const tookMs = performance.now() - startedMs;
      const felt = tookMs >= delayMs - jitterMs;
      return {
        heal: () => {
          cluster.links.heal();
          return Promise.resolve();
        },
        proof: () => (felt ? `a write took ${tookMs.toFixed(0)} ms` : undefined),
      };
    },
  };
}

/** Whoever leads now, or led a moment ago: under such a delay nobody may for long. */
async function firstLeader(cluster: EtcdCluster) {
  const [first] = cluster.awake;
  if (first === undefined) throw new Error('no member is awake');
  const status = await first.status();
  for (const member of cluster.awake) {
    const own = await member.status();
    if (own?.header?.memberId === status?.leader) return member;
  }
  return first;
}

function links(cluster: EtcdCluster, state: LinkState): void {
  cluster.links.setBetween(namesOf(cluster), namesOf(cluster), state);
}

/** The loss TCP lets through: connections that break. Packets it sends again, and none comes twice. */
const RESETS: ChaosFault = {
  name: 'connections reset all the time',
  row: 'F6',
  minSize: 2,
  lastsMs: [2_500, 5_000],
  inflict: ({ cluster, rng }) => {
    let stopped = false;
    let breaks = 0;
    const lostBefore = lostStreams(cluster);
    const breaking = (async () => {
      while (!stopped) {
        const from = namesOf(cluster)[rng.below(cluster.members.length)] ?? '';
        const to = namesOf(cluster)[rng.below(cluster.members.length)] ?? '';
        cluster.links.set(from, to, { kind: 'severed' });
        await pause(rng.below(BREAK_EVERY_MS));
        cluster.links.heal();
        await pause(rng.below(BREAK_EVERY_MS));
        breaks++;
      }
    })();
    return Promise.resolve({
      heal: async () => {
        stopped = true;
        await breaking;
        cluster.links.heal();
      },
      proof: () => {
        const lost = lostStreams(cluster) - lostBefore;
        return lost > 0 ? `${lost} streams lost in ${breaks} breaks` : undefined;
      },
    });
  },
};

function lostStreams({ members }: EtcdCluster): number {
  return members.reduce((sum, { log }) => sum + log.split('lost TCP streaming').length - 1, 0);
}

/** Cut off until the log of the others does not reach back to it any more. */
const UNTIL_SNAPSHOT: ChaosFault = {
  name: 'a follower cut off until it needs a snapshot',
  row: 'F5',
  minSize: 3,
  lastsMs: [0, 100],
  inflict: async (site) => {
    const { cluster } = site;
    const follower = await cluster.follower();
    const before = snapshotsOf(follower.log);
    await leaveBehind(site, follower.name);
    return {
      heal: async () => {
        cluster.links.heal();
        const reached = await indexOf(await cluster.leader());
        await eventually(
          `${follower.name} has caught up, by whatever way`,
          async () => ((await indexOf(follower)) >= reached ? true : undefined),
          SNAPSHOT_TIMEOUT_MS,
        );
      },
      proof: () =>
        snapshotsOf(follower.log) > before ? `${follower.name} took a snapshot` : undefined,
    };
  },
};

export function snapshotsOf(log: string): number {
  return log.split('"applied snapshot"').length - 1;
}

/** Clusters of chaos keep 20 entries for those who are behind, and cut in steps of 100. */
const ENTRIES_BEHIND = 260;
/** So many more writes at a time lead there, whatever the load is. */
const PULSES_AT_ONCE = 32;

async function indexOf(member: ClusterMember | undefined): Promise<number> {
  return Number((await member?.status())?.raftAppliedIndex ?? 0n);
}

/**
 * Cuts a member off, until the rest has gone on for longer than their logs reach back. Its connections
 * break: on those that are only held, what was sent meanwhile would arrive in the end.
 */
export async function leaveBehind({ cluster, load }: Site, name: string): Promise<void> {
  const others = namesOf(cluster).filter((other) => other !== name);
  cluster.links.setBetween([name], others, { kind: 'severed' });
  const member = cluster.awake.find((other) => other.name !== name);
  const reached = (await indexOf(member)) + ENTRIES_BEHIND;
  await eventually(
    'the log has moved on',
    async () => {
      if (member !== undefined) {
        await Promise.all(Array.from({ length: PULSES_AT_ONCE }, () => load.pulse(member, 3_000)));
      }
      return (await indexOf(member)) > reached ? true : undefined;
    },
    SNAPSHOT_TIMEOUT_MS,
  );
}

export const LINK_FAULTS: readonly ChaosFault[] = [
  RING,
  BRIDGE,
  delaying('every link delayed by 75 ± 50 ms', 75, 50),
  delaying('every link delayed by 5 ± 0.5 s', 5_000, 500),
  RESETS,
  UNTIL_SNAPSHOT,
];
