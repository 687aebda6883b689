import type { CancelTimer, Logger, Scheduler } from '@etcd-ts/foundation';
import {
  clusterVersionOf,
  compareVersions,
  formatVersion,
  parseVersion,
} from '@etcd-ts/membership';
import type { Cluster, SemanticVersion } from '@etcd-ts/membership';

import { clusterVersionEntry, isFormer } from '../former-entries.js';
import type { Consensus } from '../operations/consensus.js';
import type { Leadership } from '../peers/leadership.js';
import type { MemberVersions, PeerCalls } from '../peers/network.js';
import { MIN_CLUSTER_VERSION, SERVER_VERSION } from '../version.js';

/** Between two looks at the members' versions (etcd). */
const CHECK_INTERVAL_MS = 4000;
/** For one member's answer: within one interval even when several do not answer. */
const ANSWER_TIMEOUT_MS = 1000;

export interface VersionMonitorParts {
  readonly consensus: Consensus;
  readonly cluster: Cluster;
  readonly leadership: Leadership;
  readonly calls: PeerCalls;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly downgradeCheckIntervalMs: number;
  readonly stopped: () => boolean;
}

/**
 * The leader keeps the cluster's version at the oldest of its members', so that nobody uses what
 * another does not understand. A cluster that has none yet starts with the oldest there can be
 * unless all members can be asked.
 */
export class VersionMonitor {
  readonly #parts: VersionMonitorParts;
  readonly #cancels: CancelTimer[] = [];
  #running = false;

  constructor(parts: VersionMonitorParts) {
    this.#parts = parts;
  }

  start(): void {
    const { scheduler, leadership, downgradeCheckIntervalMs } = this.#parts;
    const check = (): void => void this.#once(() => this.#updateClusterVersion());
    this.#cancels.push(
      scheduler.every(CHECK_INTERVAL_MS, check, {
        kind: 'poll',
        idleUntilMs: () => (this.#mayDecide() ? 0 : Infinity),
      }),
      leadership.onConfirmed(check),
    );
    if (downgradeCheckIntervalMs <= 0) return;
    this.#cancels.push(
      scheduler.every(
        downgradeCheckIntervalMs,
        () => {
          void this.#once(() => this.#finishDowngrade());
        },
        {
          kind: 'poll',
          idleUntilMs: () => (this.#parts.cluster.downgrade.enabled ? 0 : Infinity),
        },
      ),
    );
  }

  stop(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
  }

  /** The oldest of the members is no newer than this one: what it could raise, there is no need to ask. */
  #mayDecide(): boolean {
    const { leadership, cluster } = this.#parts;
    if (leadership.leader !== cluster.localId) return false;
    const own = parseVersion(SERVER_VERSION);
    return decideVersion(cluster, own && clusterVersionOf(own)) !== undefined;
  }

  async #once(work: () => Promise<void>): Promise<void> {
    const { leadership, cluster, logger, stopped } = this.#parts;
    if (this.#running || leadership.leader !== cluster.localId) return;
    this.#running = true;
    try {
      await work();
    } catch (error) {
      if (stopped()) return;
      logger.warn('failed to update cluster version', {
        error: error instanceof Error ? error : String(error),
      });
    } finally {
      this.#running = false;
    }
  }

  async #updateClusterVersion(): Promise<void> {
    const { consensus, cluster } = this.#parts;
    const versions = await this.#versions();
    const oldest = oldestServer(versions);
    const ver = decideVersion(cluster, oldest);
    if (ver === undefined || ver === cluster.clusterVersion) return;
    const entry = versions.some(isFormer)
      ? clusterVersionEntry(ver)
      : { clusterVersionSet: { ver } };
    await consensus.propose(entry);
  }

  /** Once every member runs as the target version, there is nothing to go down to any more. */
  async #finishDowngrade(): Promise<void> {
    const { consensus, cluster, logger } = this.#parts;
    const { enabled, targetVersion } = cluster.downgrade;
    if (!enabled) return;
    const versions = await this.#versions();
    if (!versions.every((version) => version?.server.startsWith(minorOf(targetVersion)))) return;
    logger.info('the cluster has been downgraded', { 'cluster-version': targetVersion });
    await consensus.propose({ downgradeInfoSet: { enabled: false, ver: '' } });
  }

  async #versions(): Promise<readonly (MemberVersions | undefined)[]> {
    const { cluster, calls } = this.#parts;
    const own = { server: SERVER_VERSION, cluster: cluster.clusterVersion ?? MIN_CLUSTER_VERSION };
    return Promise.all(
      cluster
        .members()
        .map(({ id, peerUrls }) =>
          id === cluster.localId ? own : calls.versions(peerUrls, ANSWER_TIMEOUT_MS),
        ),
    );
  }
}

function minorOf(version: string): string {
  return version.slice(0, version.lastIndexOf('.') + 1);
}

/** Undefined unless every member has told its version. */
function oldestServer(
  versions: readonly (MemberVersions | undefined)[],
): SemanticVersion | undefined {
  let oldest: SemanticVersion | undefined;
  for (const version of versions) {
    const server = version && parseVersion(version.server);
    if (server === undefined) return undefined;
    if (oldest === undefined || compareVersions(server, oldest) < 0) oldest = server;
  }
  return oldest && clusterVersionOf(oldest);
}

/** The version to agree on; undefined: the present one stays. It only rises, but for a downgrade. */
export function decideVersion(
  { clusterVersion, downgrade }: Pick<Cluster, 'clusterVersion' | 'downgrade'>,
  oldest: SemanticVersion | undefined,
): string | undefined {
  const current = clusterVersion === undefined ? undefined : parseVersion(clusterVersion);
  if (current === undefined) return oldest ? formatVersion(oldest) : MIN_CLUSTER_VERSION;
  if (oldest === undefined) return undefined;
  if (downgrade.enabled) return downgrade.targetVersion;
  return compareVersions(current, oldest) < 0 ? formatVersion(oldest) : undefined;
}
