import { SeededRng } from '@etcd-ts/foundation';
import { EtcdCluster, pause, type Flavour } from '@etcd-ts/testkit';

import type { Fault } from './faults/fault.js';
import { ISOLATE_LEADER, SEVER_LEADER } from './faults/network-faults.js';
import { Outage } from './faults/outage.js';
import {
  KILL_FOLLOWER,
  KILL_LEADER,
  PAUSE_LEADER,
  ROLLING_RESTART,
  STOP_LEADER,
} from './faults/process-faults.js';
import { untilServed } from './faults/recovery.js';
import { ClusterLoad } from './load/cluster-load.js';

export interface FiguresOptions {
  readonly rounds: number;
  readonly onOutage?: (flavour: Flavour, fault: string, ms: number) => void;
}

/** Milliseconds without service, one a round, by fault and whose etcd. */
export type Figures = ReadonlyMap<string, Readonly<Record<Flavour, readonly number[]>>>;

const FAULTS: readonly Fault[] = [
  KILL_LEADER,
  PAUSE_LEADER,
  ISOLATE_LEADER,
  SEVER_LEADER,
  STOP_LEADER,
  ROLLING_RESTART,
  KILL_FOLLOWER,
];
const FLAVOURS: readonly Flavour[] = ['reference', 'ours'];
const CLIENTS = 4;
/** What a process has compiled by then it need not compile in the middle of a fault. */
const WARM_UP_MS = 5_000;
/** Of undisturbed service before and after, so that an outage has two ends. */
const MARGIN_MS = 300;

/** The same faults on clusters of three of each kind, by turns, under the same load. */
export async function measure({ rounds, onOutage }: FiguresOptions): Promise<Figures> {
  const figures = new Map(
    FAULTS.map(({ name }) => [name, { ours: [] as number[], reference: [] as number[] }]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const flavour of FLAVOURS) {
      await measureOn(flavour, round, (fault, ms) => {
        figures.get(fault)?.[flavour].push(ms);
        onOutage?.(flavour, fault, ms);
      });
    }
  }
  return figures;
}

async function measureOn(
  flavour: Flavour,
  seed: number,
  report: (fault: string, ms: number) => void,
): Promise<void> {
  const cluster = await EtcdCluster.start({ flavour, size: 3, links: true });
  const load = ClusterLoad.start(cluster, { seed, clients: CLIENTS });
  try {
    await pause(WARM_UP_MS);
    for (const fault of FAULTS) report(fault.name, await outageOf(fault, cluster, load));
  } finally {
    await load.stop();
    await load.stopWatching();
    await cluster.dispose();
  }
}

async function outageOf(fault: Fault, cluster: EtcdCluster, load: ClusterLoad): Promise<number> {
  await cluster.leader();
  await pause(MARGIN_MS);
  const outage = new Outage(cluster, load);
  await pause(MARGIN_MS);
  const heal = await fault.inflict(cluster, new SeededRng(0));
  await untilServed(cluster, load);
  await pause(MARGIN_MS);
  const ms = await outage.stop();
  await heal();
  await untilServed(cluster, load);
  return ms;
}
