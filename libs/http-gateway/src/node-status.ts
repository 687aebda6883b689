export type AlarmName = 'NOSPACE' | 'CORRUPT';

/** The shape of raft.status in /debug/vars; ids in lower-case hexadecimal, "0" for none. */
export interface RaftStatusReport {
  readonly id: string;
  readonly term: number;
  readonly vote: string;
  readonly commit: number;
  readonly lead: string;
  readonly raftState: 'StateFollower' | 'StateCandidate' | 'StatePreCandidate' | 'StateLeader';
  readonly applied: number;
  /** By member id; empty on all but the leader. */
  readonly progress: Readonly<Record<string, RaftProgressReport>>;
  readonly leadtransferee: string;
}

export interface RaftProgressReport {
  readonly match: number;
  readonly next: number;
  readonly state: 'StateProbe' | 'StateReplicate' | 'StateSnapshot';
}

/** All that the HTTP face wants to know of a node. Every method answers at once but the two reads. */
export interface NodeStatus {
  /** Such as "3.7.1". */
  readonly serverVersion: string;
  /** Such as "3.7.0"; undefined until the cluster has agreed. */
  clusterVersion(): string | undefined;
  /** Such as "3.7.0"; undefined until it is known. */
  storageVersion(): string | undefined;
  hasLeader(): boolean;
  isLearner(): boolean;
  /** Alarms raised on any member. */
  alarms(): readonly AlarmName[];
  /**
   * A range of one key through the server, as an internal request without permissions. Rejects
   * with what a client would have been told. May outlive `signal`; its answer is then not awaited.
   */
  probeRead(kind: 'serializable' | 'linearizable', signal: AbortSignal): Promise<void>;
  raftStatus(): RaftStatusReport;
  scrapeMetrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Program name and arguments, for /debug/vars. */
  readonly commandLine: readonly string[];
  readonly fileDescriptorLimit: number;
}

/** What the node counts about health requests; kept out of the handlers' way. */
export interface HealthObserver {
  /** A request of /health was answered. */
  health(healthy: boolean): void;
  /** One check of /livez or /readyz was made. */
  check(type: 'livez' | 'readyz', name: string, healthy: boolean): void;
}
