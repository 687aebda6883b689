import type { Rng } from '@etcd-ts/foundation';
import { pause, type EtcdCluster } from '@etcd-ts/testkit';

import type { ClusterLoad } from '../load/cluster-load.js';
import type { Fault } from './fault.js';
import { untilServed } from './recovery.js';

export interface Episode {
  readonly fault: string;
  /** From the fault on; absent for those that no cluster can serve through. */
  readonly duringMs?: number;
  /** From its end on. */
  readonly afterMs: number;
}

/** One fault from its begin until the cluster serves again after its end, under load. */
export async function episode(
  cluster: EtcdCluster,
  load: ClusterLoad,
  fault: Fault,
  rng: Rng,
  lastsMs: number,
): Promise<Episode> {
  // A member that has just started counts as a leader or follower like any other, once it follows.
  await cluster.leader();
  const inflicted = fault.inflict(cluster, rng);
  const served = fault.keepsQuorum
    ? inflicted.then(() => untilServed(cluster, load))
    : Promise.resolve(undefined);
  const heal = await inflicted;
  const duringMs = await served;
  await pause(Math.max(0, lastsMs - (duringMs ?? 0)));
  const healed = heal();
  const afterMs = await untilServed(cluster, load);
  await healed;
  return { fault: fault.name, afterMs, ...(duringMs === undefined ? {} : { duringMs }) };
}
