import { hexId } from '@etcd-ts/foundation';
import type { Logger, Scheduler } from '@etcd-ts/foundation';
import type { Cluster } from '@etcd-ts/membership';

import type { Consensus } from './operations/consensus.js';

/** Between two tries to publish. A failed one has already waited for the request timeout. */
const RETRY_MS = 100;

export interface PublicationParts {
  readonly consensus: Consensus;
  readonly cluster: Cluster;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly name: string;
  readonly clientUrls: readonly string[];
  readonly stopped: () => boolean;
}

/**
 * Tells the cluster, through the log, this member's name and client URLs. That this entry comes
 * back applied is also the proof that the member can serve: it has a leader and a quorum.
 */
export async function publish(parts: PublicationParts): Promise<void> {
  const { consensus, cluster, logger, name } = parts;
  const attributes = { name, clientUrls: [...parts.clientUrls] };
  const published = await untilDone(
    parts,
    'failed to publish local member to cluster through raft',
    () =>
      consensus.propose({
        clusterMemberAttrSet: { memberID: cluster.localId, memberAttributes: attributes },
      }),
  );
  if (!published) return;
  logger.info('published local member to cluster through raft', {
    'local-member-id': hexId(cluster.localId),
    'local-member-attributes': `{Name:${name} ClientURLs:[${parts.clientUrls.join(' ')}]}`,
    'cluster-id': hexId(cluster.clusterId),
  });
}

/** False when the member stopped before it was done. */
async function untilDone(
  { scheduler, logger, stopped }: PublicationParts,
  complaint: string,
  attempt: () => Promise<unknown>,
): Promise<boolean> {
  while (!stopped()) {
    try {
      await attempt();
      return true;
    } catch (error) {
      if (stopped()) break;
      logger.warn(complaint, { error: error instanceof Error ? error : String(error) });
      await new Promise<void>((resolve) => scheduler.after(RETRY_MS, resolve));
    }
  }
  return false;
}
