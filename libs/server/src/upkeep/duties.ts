import type { CancelTimer, Term } from '@etcd-ts/foundation';
import { ERRORS } from '@etcd-ts/wire-protocol';

import type { AssembledMember, MemberParts } from '../member-assembly.js';
import { requestTimeoutMs } from '../request-timeout.js';
import { startAutoCompaction } from './auto-compactor.js';
import { HashCheck } from './hash-check.js';
import { startLeaseCheckpoints } from './lease-checkpointer.js';
import { startLeaseExpiry } from './lease-expiry.js';
import { endNoSpaceAlarm } from './space-recovery.js';
import { startV2Expiry } from './v2-expiry.js';
import { VersionMonitor } from './version-monitor.js';

/** What a member does from time to time without being asked, most of it only while it leads. */
export function startDuties(
  parts: MemberParts,
  member: AssembledMember,
  stopped: () => boolean,
): readonly CancelTimer[] {
  const { config } = parts;
  const versions = createVersionMonitor(parts, member, stopped);
  versions.start();
  const hashes = createHashCheck(parts, member, stopped);
  hashes.start({
    periodicMs: config.corruptCheckIntervalMs,
    compactionMs: config.compactHashCheck ? config.compactHashCheckIntervalMs : 0,
  });
  return [
    () => versions.stop(),
    () => hashes.stop(),
    ...startLeaseDuties(parts, member, stopped),
    startV2Expiry({
      ...parts,
      v2Store: member.v2Store,
      logger: parts.logger.named('server/v2-expiry'),
      isLeader: () => member.raft.isLeader,
      propose: (request) => member.server.v2.propose(request),
      stopped,
    }),
    startCompacting(parts, member),
    ...(config.quotaAutoDisarm ? [startSpaceRecovery(parts, member, stopped)] : []),
  ];
}

export function createHashCheck(
  { config, scheduler, logger, peers }: MemberParts,
  { cluster, consensus, leadership, server, store }: AssembledMember,
  stopped: () => boolean,
): HashCheck {
  return new HashCheck({
    cluster,
    consensus,
    leadership,
    calls: peers.calls,
    scheduler,
    logger: logger.named('server/hash-check'),
    hashKv: (revision) => server.maintenance.hashKv(revision),
    compactRevision: () => store.compactRevision,
    requestTimeoutMs: requestTimeoutMs(config),
    stopped,
  });
}

function createVersionMonitor(
  { config, scheduler, logger, peers }: MemberParts,
  { cluster, consensus, leadership }: AssembledMember,
  stopped: () => boolean,
): VersionMonitor {
  return new VersionMonitor({
    consensus,
    cluster,
    leadership,
    calls: peers.calls,
    scheduler,
    logger: logger.named('server/version-monitor'),
    downgradeCheckIntervalMs: config.downgradeCheckIntervalMs,
    stopped,
  });
}

function startLeaseDuties(
  { config, clock, scheduler, logger, metrics }: MemberParts,
  { lessor, raft, consensus }: AssembledMember,
  stopped: () => boolean,
): readonly CancelTimer[] {
  const leads = (): Term | undefined => (raft.isLeader ? raft.term : undefined);
  const expiry = startLeaseExpiry({
    lessor,
    leads,
    clock,
    scheduler,
    logger: logger.named('server/lease-expiry'),
    revoke: async (id, term) => {
      await consensus.proposeAsLeader({ leaseRevoke: { ID: id } }, term);
    },
    revoked: () => metrics.lease.expired.inc(),
    stopped,
  });
  if (!config.leaseCheckpoint) return [expiry];
  const checkpoints = startLeaseCheckpoints({
    lessor,
    leads,
    clock,
    scheduler,
    logger: logger.named('server/lease-checkpoint'),
    propose: async (due, term) => {
      const list = due.map(({ id, remainingSeconds }) => ({
        ID: id,
        remainingTTL: BigInt(remainingSeconds),
      }));
      await consensus.proposeAsLeader({ leaseCheckpoint: { checkpoints: list } }, term);
    },
    stopped,
  });
  return [expiry, checkpoints];
}

function startSpaceRecovery(
  { scheduler, logger }: MemberParts,
  { alarms, quota, consensus, localId }: AssembledMember,
  stopped: () => boolean,
): CancelTimer {
  return endNoSpaceAlarm({
    alarms,
    quota,
    localId,
    scheduler,
    logger: logger.named('server/space-recovery'),
    propose: (alarm) => consensus.propose({ alarm }),
    stopped,
  });
}

function startCompacting(
  { config, clock, scheduler, logger }: MemberParts,
  { raft, store, server }: AssembledMember,
): CancelTimer {
  return startAutoCompaction(config.autoCompaction, {
    clock,
    scheduler,
    logger: logger.named('server/auto-compactor'),
    currentRevision: () => store.currentRevision,
    isLeader: () => raft.isLeader,
    compact: async (revision) => {
      try {
        await server.keyValues.compact({ revision: BigInt(revision), physical: false });
        return 'done';
      } catch (error) {
        const compacted = error instanceof Error && error.message === ERRORS.Compacted.message;
        return compacted ? 'done' : 'failed';
      }
    },
  });
}
