import type { RaftIndex, Term } from '@etcd-ts/foundation';
import type { RaftConfState } from '@etcd-ts/wire-protocol';

export type {
  RaftConfState as ConfState,
  RaftEntry as Entry,
  RaftEntryType as EntryType,
  RaftHardState as HardState,
  RaftSnapshot as Snapshot,
} from '@etcd-ts/wire-protocol';

/** Names a snapshot: the raft log up to `index` (of `term`) is in it. {0, 0} is the empty state. */
export interface SnapshotPosition {
  readonly index: RaftIndex;
  readonly term: Term;
}

/** The WAL's record of a snapshot; confState is absent in records written before etcd 3.5. */
export interface SnapshotRecord extends SnapshotPosition {
  readonly confState?: RaftConfState;
}
