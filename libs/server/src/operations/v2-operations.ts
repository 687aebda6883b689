import { hexId, MemberId } from '@etcd-ts/foundation';
import type { Clock } from '@etcd-ts/foundation';
import type { Cluster, Member } from '@etcd-ts/membership';
import type { Raft } from '@etcd-ts/raft';
import type {
  Counters,
  V2Answer,
  V2Failure,
  V2Outcome,
  V2Request,
  V2Store,
  V2Watcher,
  WatchOptions,
} from '@etcd-ts/v2-store';
import { ERRORS, EtcdError } from '@etcd-ts/wire-protocol';

import { v2Cost } from '../apply/cost.js';
import type { ClusterOperations } from '../etcd-server.js';
import type { AppendTraffic } from '../peers/append-traffic.js';
import type { Leadership } from '../peers/leadership.js';
import type { SpaceCheck } from '../quota.js';
import { toWireV2 } from '../translate/v2-translation.js';
import type {
  FollowerReport,
  MemberOutcome,
  SelfReport,
  V2Member,
  V2Server,
} from '../v2-server.js';
import { wallNs } from '../wall-clock.js';
import type { Consensus } from './consensus.js';
import { expectKind } from './key-values.js';

export interface V2OperationsParts {
  readonly consensus: Consensus;
  readonly v2Store: V2Store;
  readonly cluster: Cluster;
  readonly raft: Raft;
  readonly leadership: Leadership;
  readonly traffic: AppendTraffic;
  readonly clock: Clock;
  readonly ensureSpace: SpaceCheck;
  readonly members: ClusterOperations;
}

type Change = () => Promise<Member | undefined>;

/** The member behind the v2 API: proposals, reads of its store, and the membership in its words. */
export class V2Operations implements V2Server {
  readonly #parts: V2OperationsParts;
  readonly #startedNs: bigint;
  #leaderSinceNs: bigint;

  constructor(parts: V2OperationsParts) {
    this.#parts = parts;
    this.#startedNs = this.nowNs();
    this.#leaderSinceNs = this.#startedNs;
    parts.leadership.onChange(() => (this.#leaderSinceNs = this.nowNs()));
  }

  clusterId(): string {
    return hexId(this.#parts.cluster.clusterId);
  }

  raftIndex(): number {
    return this.#parts.raft.commitIndex;
  }

  raftTerm(): number {
    return this.#parts.raft.term;
  }

  nowNs(): bigint {
    return wallNs(this.#parts.clock);
  }

  async propose(request: V2Request): Promise<V2Outcome> {
    const { consensus, ensureSpace } = this.#parts;
    const v2 = toWireV2(request);
    const refusal = ensureSpace(v2Cost(v2));
    if (refusal !== undefined) await refusal;
    return expectKind(await consensus.propose({ v2 }), 'v2').outcome;
  }

  linearize(): Promise<void> {
    return this.#parts.consensus.linearizable();
  }

  get(
    path: string,
    options: { readonly recursive: boolean; readonly sorted: boolean },
  ): V2Answer | V2Failure {
    this.#parts.consensus.checkRunning();
    return this.#parts.v2Store.get(path, options);
  }

  value(path: string): string | undefined {
    this.#parts.consensus.checkRunning();
    return this.#parts.v2Store.value(path);
  }

  watch(options: WatchOptions): V2Watcher | V2Failure {
    this.#parts.consensus.checkRunning();
    return this.#parts.v2Store.watch(options);
  }

  counters(): Counters {
    return this.#parts.v2Store.counters();
  }

  watcherCount(): number {
    return this.#parts.v2Store.watcherCount;
  }

  members(): readonly V2Member[] {
    return this.#parts.members.knownMembers().map(shown);
  }

  leader(): V2Member | undefined {
    const member = this.#parts.cluster.member(this.#parts.raft.leader);
    return member && shown(member);
  }

  addMember(peerUrls: readonly string[]): Promise<MemberOutcome> {
    return this.#change(() => this.#parts.members.addMember(peerUrls, false));
  }

  updateMember(id: bigint, peerUrls: readonly string[]): Promise<MemberOutcome> {
    const { members, cluster } = this.#parts;
    return this.#change(async () => {
      await members.updateMember(MemberId(id), peerUrls);
      return cluster.member(MemberId(id));
    });
  }

  removeMember(id: bigint): Promise<MemberOutcome> {
    const { members, cluster } = this.#parts;
    if (cluster.isRemoved(MemberId(id))) return Promise.resolve({ kind: 'removed' });
    return this.#change(async () => {
      const member = cluster.member(MemberId(id));
      await members.removeMember(MemberId(id));
      return member;
    });
  }

  /** Packages and bytes per second are told by /metrics only. */
  self(): SelfReport {
    const { cluster, raft, traffic } = this.#parts;
    return {
      name: cluster.localMember?.name ?? '',
      id: hexId(cluster.localId),
      state: raft.isLeader ? 'StateLeader' : 'StateFollower',
      startTimeNs: this.#startedNs,
      leader: hexId(raft.leader),
      leaderSinceNs: this.#leaderSinceNs,
      received: { appendRequests: traffic.receivedCount },
      sent: { appendRequests: traffic.sentCount },
    };
  }

  followers(): Readonly<Record<string, FollowerReport>> | undefined {
    const { raft, cluster, traffic } = this.#parts;
    if (!raft.isLeader) return undefined;
    const others = cluster.members().filter(({ id }) => id !== cluster.localId);
    return Object.fromEntries(others.map(({ id }) => [hexId(id), traffic.report(id)]));
  }

  async #change(change: Change): Promise<MemberOutcome> {
    try {
      const member = await change();
      return member === undefined ? { kind: 'notFound' } : { kind: 'ok', member: shown(member) };
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (error.is(ERRORS.MemberExist)) return { kind: 'idExists' };
      if (error.is(ERRORS.PeerURLExist)) return { kind: 'peerUrlExists' };
      if (error.is(ERRORS.MemberNotFound)) return { kind: 'notFound' };
      return { kind: 'failed' };
    }
  }
}

function shown({ id, name, peerUrls, clientUrls }: Member): V2Member {
  return { id: hexId(id), name, peerUrls, clientUrls };
}
