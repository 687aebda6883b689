import type { MemberId, RaftIndex } from '@etcd-ts/foundation';
import type { Message } from './message.js';
import type { Entry, HardState, Role, Snapshot } from './types.js';

export interface SoftState {
  readonly leader: MemberId;
  readonly role: Role;
}

/** A linearizable read may be served once everything up to `index` is applied. */
export interface ReadState {
  readonly index: RaftIndex;
  readonly requestContext: Uint8Array;
}

/**
 * What raft wants done, and what must be on disk before what may leave the house. Every promise
 * raft makes to a user hangs on this order; whoever changes it must know what each line protects.
 *
 * 1. `messages` may be sent at once, before and while the disk works. They claim nothing that a
 *    crash could take back: an append is the leader's wish, and the leader counts its own copy only
 *    after persisted(). So the leader's disk and the followers' work in parallel (thesis 10.2.1).
 *
 * 2. `snapshot`, then `entries`, then `hardState` go to disk, in the order of the Readies: Ready
 *    N + 1 must never be durable where N is not. One fsync may cover several Readies. Entries
 *    replace everything in the log from the first one's index on. `mustSync` is false if nothing
 *    here is worth an fsync: a commit index alone can be learned again.
 *
 * 3. `messagesAfterPersist` must wait until all of 2, of this Ready AND of all before, is durable,
 *    also if this Ready itself brings nothing to persist: the promise may rest on an earlier one
 *    still under way. In here is
 *    - the vote for a candidate. Sent before it is durable: crash, restart, vote for another one in
 *      the same term; two leaders (Raft 5.2, 5.4.3).
 *    - the answer that an append is in the log. Sent before: the leader commits and a client is
 *      told "written" on the strength of a copy that the crash removes (Raft 5.3).
 *    - the request for votes, by a candidate whose term, own vote and log are not durable. Sent
 *      before: crash, restart in the old term with a shorter log, campaign in the same term again,
 *      and late votes for the first self elect the second, without entries those voters hold.
 *    - everything else that carries a term of which persisted() has not told that it is durable.
 *      A leader of a term it can forget could lead it twice, with different entries at one index.
 *
 * 4. When 2 is durable and in the LogStorage: snapshotPersisted() if there was a snapshot, then
 *    persisted(last entry's index and term) if there were entries. Not before: with one voter this
 *    call alone commits, and an entry that is answered but not on disk is a lost write.
 *
 * 5. `committedEntries` are to be applied in order, then applied(last index). They are on this
 *    member's disk already, whatever Ready they came in, so applying may run beside 2 and 3, and a
 *    client may be answered as soon as its entry is applied. They belong after a snapshot of an
 *    earlier Ready, and none come while one is pending.
 *
 * 6. A read of `readStates` is served as soon as everything up to its index is applied.
 *
 * After a failed write or fsync none of 3 to 5 may happen ever again in this process: what the
 * disk holds is unknown, and a second fsync that succeeds proves nothing about the first.
 *
 * Arrays are the owner's, entries and messages are shared and immutable.
 */
export interface Ready {
  /** Only if it has changed. For observers; needs no disk. */
  readonly softState?: SoftState;
  /** Only if it has changed. */
  readonly hardState?: HardState;
  /** To append to the log; each entry is handed out once. */
  readonly entries: readonly Entry[];
  /** Replaces log and state machine. */
  readonly snapshot?: Snapshot;
  readonly committedEntries: readonly Entry[];
  readonly messages: readonly Message[];
  readonly messagesAfterPersist: readonly Message[];
  readonly readStates: readonly ReadState[];
  readonly mustSync: boolean;
}
