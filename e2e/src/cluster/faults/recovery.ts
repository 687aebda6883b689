import { pause, type EtcdCluster } from '@etcd-ts/testkit';

import type { ClusterLoad } from '../load/cluster-load.js';

/** Open loop: a pulse that hangs keeps no other one waiting. */
const PULSE_EVERY_MS = 20;
const PULSE_DEADLINE_MS = 3_000;
const LIMIT_MS = 60_000;

/**
 * Milliseconds until a write that is sent from now on is answered, by whichever member: what a
 * client waits that knows all endpoints.
 */
export async function untilServed(cluster: EtcdCluster, load: ClusterLoad): Promise<number> {
  const begun = performance.now();
  let servedAfterMs: number | undefined;
  for (let i = 0; servedAfterMs === undefined; i++) {
    if (performance.now() - begun > LIMIT_MS) {
      throw new Error(`no write was answered for ${LIMIT_MS} ms`);
    }
    const awake = cluster.awake;
    const member = awake[i % awake.length];
    if (member !== undefined) {
      // Those that are still out end with the load.
      void load.pulse(member, PULSE_DEADLINE_MS).then(({ kind }) => {
        if (kind === 'ok') servedAfterMs ??= performance.now() - begun;
      });
    }
    await pause(PULSE_EVERY_MS);
  }
  return servedAfterMs;
}
