import { shownArguments } from '@etcd-ts/config';
import { hexId, NO_MEMBER } from '@etcd-ts/foundation';
import type { HealthObserver, NodeStatus, RaftStatusReport } from '@etcd-ts/http-gateway';
import { descriptorLimit } from '@etcd-ts/observability';
import type { EtcdMetrics } from '@etcd-ts/observability';
import type { Status } from '@etcd-ts/raft';
import { alarmName, SERVER_VERSION, STORAGE_VERSION } from '@etcd-ts/server';
import type { Member } from '@etcd-ts/server';
import { RangeRequest } from '@etcd-ts/wire-protocol';

/** The member as its HTTP face sees it. */
export function nodeStatus(member: Member, metrics: EtcdMetrics): NodeStatus {
  const { facts, keyValues } = member.server;
  return {
    serverVersion: SERVER_VERSION,
    clusterVersion: () => facts.clusterVersion(),
    // The schema's version is written with the cluster's.
    storageVersion: () => (facts.clusterVersion() === undefined ? undefined : STORAGE_VERSION),
    hasLeader: () => facts.leader() !== NO_MEMBER,
    isLearner: () => facts.isLearner(),
    alarms: () =>
      facts
        .activeAlarms()
        .map(alarmName)
        .filter((name) => name === 'NOSPACE' || name === 'CORRUPT'),
    probeRead: async (kind) => {
      // The server takes an empty key, which no client can ask for: it never exists.
      await keyValues.range(
        RangeRequest.create({ limit: 1n, keysOnly: true, serializable: kind === 'serializable' }),
      );
    },
    raftStatus: () => raftStatusReport(facts.raftStatus()),
    scrapeMetrics: () => {
      member.refreshMetrics();
      return metrics.scrape();
    },
    commandLine: shownArguments(process.argv.slice(1)),
    fileDescriptorLimit: descriptorLimit(),
  };
}

export function healthObserver({ server }: EtcdMetrics): HealthObserver {
  return {
    health: (healthy) => (healthy ? server.healthSuccess : server.healthFailures).inc(),
    check: (type, name, healthy) => {
      server.healthcheck.with(type, name).set(healthy ? 1 : 0);
      server.healthchecks.with(type, name, healthy ? 'success' : 'error').inc();
    },
  };
}

const ROLES = {
  follower: 'StateFollower',
  candidate: 'StateCandidate',
  preCandidate: 'StatePreCandidate',
  leader: 'StateLeader',
} as const;

const PROGRESS_STATES = {
  probe: 'StateProbe',
  replicate: 'StateReplicate',
  snapshot: 'StateSnapshot',
} as const;

function raftStatusReport(status: Status): RaftStatusReport {
  const progress = [...(status.progress ?? [])].map(
    ([id, { match, next, state }]) =>
      [hexId(id), { match, next, state: PROGRESS_STATES[state] }] as const,
  );
  return {
    id: hexId(status.id),
    term: status.term,
    vote: hexId(status.vote),
    commit: status.commit,
    lead: hexId(status.leader),
    raftState: ROLES[status.role],
    applied: status.applied,
    progress: Object.fromEntries(progress),
    leadtransferee: hexId(status.leadTransferee),
  };
}
