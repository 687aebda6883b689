import type { Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import type { Entry, HardState, MemoryLog, Message, Raft, Snapshot } from '@etcd-ts/raft';

import type { Proposals } from './proposals.js';
import type { ReadQueue } from './read-queue.js';

/** What the loop drives. Calls come from one place, in log order, never re-entrantly. */
export interface StateMachine {
  /** Applies committed entries, in order, completely, before it returns. */
  apply(entries: readonly Entry[]): void;
  /** The role or the leader has changed. */
  leadershipChanged(): void;
  /**
   * Replaces the whole state by a received snapshot, whose position is durable in the log already.
   * Resolves when the state serves; until then it is the former one. A rejection is fatal.
   */
  install(snapshot: Snapshot): Promise<void>;
}

/** What the loop needs of the write-ahead log and the snapshot files. */
export interface LogWriter {
  append(hardState: HardState | undefined, entries: readonly Entry[]): void;
  /** Resolves when everything appended before is durable. `mayBlock`: nobody needs this thread. */
  sync(mayBlock?: boolean): Promise<void>;
  /** Makes the position of a received snapshot durable, before anything that is appended later. */
  saveSnapshot(snapshot: Snapshot): Promise<void>;
}

export interface RaftLoopParts {
  readonly raft: Raft;
  readonly log: MemoryLog;
  readonly wal: LogWriter;
  readonly proposals: Proposals;
  readonly reads: ReadQueue;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tickIntervalMs: number;
  readonly electionTimeoutMs: number;
  /** To the other members; may report back into `raft` while it is called. */
  readonly send: (messages: readonly Message[]) => void;
  /** Raft refused so many proposals; their callers have been told. */
  readonly dropped: (proposals: number) => void;
  /** The log cannot be written any more: the node must stop and never acknowledge again. */
  readonly failed: (error: Error) => void;
}
