import type { Logger } from '@etcd-ts/foundation';
import { formatVersion, parseVersion } from '@etcd-ts/membership';
import type { Cluster } from '@etcd-ts/membership';
import { ERRORS } from '@etcd-ts/wire-protocol';

import type { Consensus } from './consensus.js';

interface DowngradeParts {
  readonly consensus: Consensus;
  readonly cluster: Cluster;
  readonly logger: Logger;
}

/** The Downgrade RPC: only to the next older minor release, and one at a time. */
export async function changeDowngrade(
  parts: DowngradeParts,
  action: 'validate' | 'enable' | 'cancel',
  version: string,
): Promise<string> {
  const { consensus, cluster, logger } = parts;
  await consensus.linearizable();
  if (action === 'cancel') {
    if (cluster.downgrade.enabled) await setDowngrade(consensus, false, '');
    // Not the caller's concern: what they asked for is so.
    else logger.warn('failed to cancel downgrade', { error: ERRORS.NoInflightDowngrade.message });
    return clusterVersionOf(cluster);
  }
  const target = validTarget(cluster, version);
  if (action === 'enable') await setDowngrade(consensus, true, target);
  return clusterVersionOf(cluster);
}

async function setDowngrade(consensus: Consensus, enabled: boolean, ver: string): Promise<void> {
  await consensus.propose({ downgradeInfoSet: { enabled, ver } });
}

function clusterVersionOf({ clusterVersion }: Cluster): string {
  if (clusterVersion === undefined) throw ERRORS.ClusterVersionUnavailable.error();
  return clusterVersion;
}

function validTarget(cluster: Cluster, text: string): string {
  const target = /^\d+\.\d+$/u.test(text) ? parseVersion(`${text}.0`) : parseVersion(text);
  if (target === undefined) throw ERRORS.WrongDowngradeVersionFormat.error();
  const current = parseVersion(clusterVersionOf(cluster));
  const allowed =
    current !== undefined && target.major === current.major && target.minor === current.minor - 1;
  if (!allowed) throw ERRORS.InvalidDowngradeTargetVersion.error();
  if (cluster.downgrade.enabled) throw ERRORS.DowngradeInProcess.error();
  return formatVersion({ ...target, patch: 0 });
}
