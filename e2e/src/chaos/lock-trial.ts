import { checkFencing, explain, LockWorkload } from '@etcd-ts/checker';
import { EtcdCluster, pause } from '@etcd-ts/testkit';

import { ClusterLoad } from '../cluster/load/cluster-load.js';

export interface LockTrial {
  /** Whether writers show what they hold the lock by. */
  readonly fenced: boolean;
  readonly seed: number;
  /** When it is enough: at the first violation, or when holders have outlived their leases. */
  readonly until: 'violation' | 'expired holds';
}

export interface LockOutcome {
  readonly violation: string | undefined;
  readonly holds: number;
}

/** With so short an election timeout a lease may live for a second only. */
const FLAGS = ['--heartbeat-interval', '50', '--election-timeout', '500'];
const TTL_SECONDS = 1;
/** A client that holds the lock stands still for longer than its lease lives, now and then. */
const STALLS = { oneIn: 8, durationMs: 1_600 };
const CLIENTS = 6;
const LOOK_EVERY_MS = 100;
const LIMIT_MS = 60_000;
/** Each stands for somebody who believed in a lock that was another's already. */
const ENOUGH_HOLDS = 6;

/** Clients that share a lock on one member, and stand still at the wrong moments. */
export async function tryLocks({ fenced, seed, until }: LockTrial): Promise<LockOutcome> {
  const cluster = await EtcdCluster.start({ flavour: 'ours', size: 1, flags: FLAGS });
  const lock = new LockWorkload({ fenced, ttlSeconds: TTL_SECONDS, firstLease: 1n });
  const load = ClusterLoad.start(cluster, {
    seed,
    clients: CLIENTS,
    thinkMs: 2,
    workloads: () => [lock],
    stalls: STALLS,
  });
  const found = (): string | undefined => {
    const verdict = checkFencing(lock.holds, lock.writes);
    return verdict.kind === 'violation' ? explain(verdict.violation) : undefined;
  };
  try {
    const limit = performance.now() + LIMIT_MS;
    const isEnough = (): boolean =>
      found() !== undefined || (until === 'expired holds' && lock.holds.length >= ENOUGH_HOLDS);
    while (!isEnough() && performance.now() < limit) await pause(LOOK_EVERY_MS);
    return { violation: found(), holds: lock.holds.length };
  } finally {
    await load.stop();
    await load.stopWatching();
    await cluster.dispose();
  }
}
