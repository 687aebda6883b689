import { failpoint } from '@etcd-ts/failpoint';
import { hexId } from '@etcd-ts/foundation';
import type { Logger, Scheduler } from '@etcd-ts/foundation';
import type { Cluster } from '@etcd-ts/membership';

import { isFormer, memberAttributesEntry } from './former-entries.js';
import type { Consensus } from './operations/consensus.js';
import type { PeerCalls } from './peers/network.js';

/** Between two tries to publish. A failed one has already waited for the request timeout. */
const RETRY_MS = 100;
/** For one member to say its version. */
const ANSWER_TIMEOUT_MS = 1000;

export interface PublicationParts {
  readonly consensus: Consensus;
  readonly cluster: Cluster;
  readonly calls: Pick<PeerCalls, 'versions'>;
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
  FAILPOINT: failpoint('beforePublishing');
  const published = await untilDone(
    parts,
    'failed to publish local member to cluster through raft',
    async () => consensus.propose(await entryOf(parts)),
  );
  if (!published) return;
  logger.info('published local member to cluster through raft', {
    'local-member-id': hexId(cluster.localId),
    'local-member-attributes': `{Name:${name} ClientURLs:[${parts.clientUrls.join(' ')}]}`,
    'cluster-id': hexId(cluster.clusterId),
  });
}

async function entryOf(parts: PublicationParts): Promise<Parameters<Consensus['propose']>[0]> {
  const { cluster, name, clientUrls } = parts;
  if (await hasFormerMember(parts)) return memberAttributesEntry(cluster.localId, name, clientUrls);
  const memberAttributes = { name, clientUrls: [...clientUrls] };
  return { clusterMemberAttrSet: { memberID: cluster.localId, memberAttributes } };
}

/** A cluster of a later version has none; before there is a version, those who answer are asked. */
async function hasFormerMember({ cluster, calls, consensus }: PublicationParts): Promise<boolean> {
  const { clusterVersion, localId } = cluster;
  const agreed = { server: clusterVersion ?? '', cluster: '' };
  if (clusterVersion !== undefined && !isFormer(agreed)) return false;
  // Until a quorum has started, nobody is there to be asked, and the log has not said who they are.
  await consensus.linearizable();
  const others = cluster.members().filter(({ id }) => id !== localId);
  const versions = await Promise.all(
    others.map(({ peerUrls }) => calls.versions(peerUrls, ANSWER_TIMEOUT_MS)),
  );
  return versions.some(isFormer);
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
