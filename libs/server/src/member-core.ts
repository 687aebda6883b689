import type { MemberId } from '@etcd-ts/foundation';
import type { ServerConfig } from '@etcd-ts/config';
import type { EtcdMetrics, Histogram } from '@etcd-ts/observability';
import { Raft } from '@etcd-ts/raft';

import { memberCaller } from './access/caller.js';
import type { OpenedStorage } from './bootstrap/open-storage.js';
import type { MemberControl, MemberParts } from './member-assembly.js';
import { Consensus } from './operations/consensus.js';
import { AppendTraffic } from './peers/append-traffic.js';
import { connectPeers } from './peers/connection.js';
import { Leadership } from './peers/leadership.js';
import type { PeerNetwork } from './peers/network.js';
import { Proposals } from './proposals.js';
import type { DirectObserver } from './proposals.js';
import { Quota } from './quota.js';
import type { RaftLoop } from './raft-loop.js';
import { ReadQueue } from './read-queue.js';
import { RequestIds } from './request-ids.js';
import { requestTimeoutMs } from './request-timeout.js';
import { SpaceGuard } from './space-guard.js';
import type { MemberState } from './state.js';

/** One append message, as etcd. */
const MAX_SIZE_PER_MESSAGE_BYTES = 1024 * 1024;
/** Entries applied in one go: some milliseconds of small writes. */
const MAX_COMMITTED_SIZE_PER_READY_BYTES = 2 * 1024 * 1024;
/** A log that cannot commit must not take the whole heap; twice what proposals may hold. */
const MAX_UNCOMMITTED_SIZE_BYTES = 512 * 1024 * 1024;
/** Appends on their way to one follower, as etcd. */
const MAX_INFLIGHT_MESSAGES = 512;

/** What the operations and the replica share besides storage and state. */
export interface MemberCore {
  readonly raft: Raft;
  readonly network: PeerNetwork;
  readonly traffic: AppendTraffic;
  readonly leadership: Leadership;
  readonly proposals: Proposals;
  readonly reads: ReadQueue;
  readonly consensus: Consensus;
  readonly quota: Quota;
  readonly spaceGuard: SpaceGuard;
  readonly requestIds: RequestIds;
}

/** `loop` is asked only when something is queued or comes in. */
export function createCore(
  storage: OpenedStorage,
  state: MemberState,
  parts: MemberParts,
  control: MemberControl,
  loop: () => RaftLoop,
): MemberCore {
  const { config, clock, metrics } = parts;
  const { localId } = storage;
  const raft = createRaft(parts, storage);
  const requestIds = new RequestIds(localId, clock);
  const proposals = new Proposals(clock, requestTimeoutMs(config), directWriteObserver(metrics));
  const reads = new ReadQueue(clock, requestTimeoutMs(config), () => requestIds.next());
  const consensus = new Consensus({
    proposals,
    reads,
    requestIds,
    member: memberCaller(state.auth),
    clock,
    metrics,
    maxRequestBytes: config.maxRequestBytes,
    wake: () => loop().wake(),
    stopped: control.stopped,
  });
  const traffic = new AppendTraffic(clock);
  const network = connectPeers(parts, storage, state, control, loop, traffic);
  const { electionTimeoutMs } = config;
  const { cluster } = state;
  const leadership = new Leadership({ raft, network, clock, cluster, electionTimeoutMs });
  const space = createSpace(parts, storage, state, consensus);
  return { raft, network, traffic, leadership, proposals, reads, consensus, ...space, requestIds };
}

/** A series begins with the first of its kind, as in etcd; found once, not with every write. */
function directWriteObserver({ server }: EtcdMetrics): DirectObserver {
  let puts: Histogram | undefined;
  let txns: Histogram | undefined;
  return (operation, success, seconds) => {
    if (!success) server.request.with(operation, 'false').observe(seconds);
    else if (operation === 'Put') (puts ??= server.request.with('Put', 'true')).observe(seconds);
    else (txns ??= server.request.with('Txn', 'true')).observe(seconds);
  };
}

function createSpace(
  { config, logger }: MemberParts,
  { backend, localId }: { readonly backend: OpenedStorage['backend']; readonly localId: MemberId },
  { alarms }: MemberState,
  consensus: Consensus,
): Pick<MemberCore, 'quota' | 'spaceGuard'> {
  const quota = new Quota(config.quotaBackendBytes, () => backend.sizeBytes());
  const spaceGuard = new SpaceGuard({
    quota,
    alarms,
    consensus,
    localId,
    logger: logger.named('server/space-guard'),
  });
  return { quota, spaceGuard };
}

/** The shortest election timeout; a tick is a heartbeat. */
export function electionTicks(config: ServerConfig): number {
  return Math.floor(config.electionTimeoutMs / config.heartbeatIntervalMs);
}

function createRaft({ config, rng }: MemberParts, storage: OpenedStorage): Raft {
  return new Raft({
    id: storage.localId,
    electionTicks: electionTicks(config),
    heartbeatTicks: 1,
    storage: storage.log,
    applied: storage.appliedIndex,
    ...(storage.confState === undefined ? {} : { confState: storage.confState }),
    maxSizePerMessageBytes: MAX_SIZE_PER_MESSAGE_BYTES,
    maxCommittedSizePerReadyBytes: MAX_COMMITTED_SIZE_PER_READY_BYTES,
    maxUncommittedSizeBytes: MAX_UNCOMMITTED_SIZE_BYTES,
    maxInflightMessages: MAX_INFLIGHT_MESSAGES,
    checkQuorum: true,
    preVote: config.preVote,
    readOnly: 'safe',
    rng,
  });
}
