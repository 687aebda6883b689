import type {
  Counters,
  V2Answer,
  V2Failure,
  V2Outcome,
  V2Request,
  V2Watcher,
  WatchOptions,
} from '@etcd-ts/v2-store';

/** A member, as the v2 API shows it. */
export interface V2Member {
  /** Lower-case hexadecimal. */
  readonly id: string;
  /** Empty until it has started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
}

/** `failed`: refused or not possible now, for a reason that the v2 API keeps to itself. */
export type MemberOutcome =
  | { readonly kind: 'ok'; readonly member: V2Member }
  | { readonly kind: 'idExists' | 'peerUrlExists' | 'notFound' | 'removed' | 'failed' };

/** What one side of the peer traffic amounts to; the rates only while there is some. */
export interface TrafficReport {
  readonly appendRequests: number;
  readonly packagesPerSecond?: number;
  readonly bytesPerSecond?: number;
}

/** The node, as /v2/stats/self shows it. Times in nanoseconds since the epoch. */
export interface SelfReport {
  readonly name: string;
  readonly id: string;
  readonly state: 'StateFollower' | 'StateLeader';
  readonly startTimeNs: bigint;
  /** Lower-case hexadecimal; "0": none. */
  readonly leader: string;
  /** Since when it is known as the leader. */
  readonly leaderSinceNs: bigint;
  readonly received: TrafficReport;
  readonly sent: TrafficReport;
}

export interface FollowerReport {
  /** Milliseconds. */
  readonly latency: {
    readonly current: number;
    readonly average: number;
    readonly standardDeviation: number;
    readonly minimum: number;
    readonly maximum: number;
  };
  readonly counts: { readonly fail: number; readonly success: number };
}

/** One member, as the v2 API sees it. Ids are lower-case hexadecimal. */
export interface V2Server {
  clusterId(): string;
  /** The committed index of the raft log. */
  raftIndex(): number;
  raftTerm(): number;
  /** The wall clock in nanoseconds since the epoch: for times to live. */
  nowNs(): bigint;

  /**
   * Resolves when the entry is applied here and durable on a quorum. Rejects with an Error whose
   * message the client is told, such as "etcdserver: request timed out".
   */
  propose(request: V2Request): Promise<V2Outcome>;
  /** Resolves when everything acknowledged before the call is applied here. Rejects as `propose`. */
  linearize(): Promise<void>;
  get(
    path: string,
    options: { readonly recursive: boolean; readonly sorted: boolean },
  ): V2Answer | V2Failure;
  /** Of the file at a clean path; undefined: there is none. Counted by nobody. */
  value(path: string): string | undefined;
  watch(options: WatchOptions): V2Watcher | V2Failure;

  counters(): Counters;
  watcherCount(): number;

  /** Sorted by id. */
  members(): readonly V2Member[];
  leader(): V2Member | undefined;
  addMember(peerUrls: readonly string[]): Promise<MemberOutcome>;
  updateMember(id: bigint, peerUrls: readonly string[]): Promise<MemberOutcome>;
  removeMember(id: bigint): Promise<MemberOutcome>;

  self(): SelfReport;
  /** By member id; undefined on all but the leader. */
  followers(): Readonly<Record<string, FollowerReport>> | undefined;
}
