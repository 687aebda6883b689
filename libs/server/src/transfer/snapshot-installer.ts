import { failpoint } from '@etcd-ts/failpoint';
import { assert } from '@etcd-ts/foundation';
import type { Clock, Logger, RaftIndex, Scheduler } from '@etcd-ts/foundation';
import { Lessor } from '@etcd-ts/lease';
import { MvccStore } from '@etcd-ts/mvcc';
import type { Snapshot } from '@etcd-ts/raft';
import type { Backend } from '@etcd-ts/storage';

import type { MemberState } from '../state.js';
import { lessorOptions } from '../state.js';
import { runInSlices } from '../operations/slices.js';
import { BackendLeaseRecords } from '../records/lease-records.js';
import type { ServerConfig } from '@etcd-ts/config';
import type { ReceivedSnapshots } from './received-snapshots.js';

export interface SnapshotInstallerParts {
  readonly config: ServerConfig;
  readonly backend: Backend;
  readonly received: ReceivedSnapshots;
  readonly state: MemberState;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stopped: () => boolean;
  /** Before the backend changes hands: whoever writes to it in the background has ended. */
  readonly quiesce: () => Promise<void>;
  /** The new state serves: whoever remembers a position in log or membership starts anew. */
  readonly installed: (index: RaftIndex) => void;
}

/**
 * Replaces the whole state of a running member by a received one. Everything is made ready beside
 * the state that serves (its database, the index over it, the leases), in slices; then all of it
 * changes hands in one turn of the event loop, so that no request ever sees half of each.
 */
export class SnapshotInstaller {
  readonly #parts: SnapshotInstallerParts;

  constructor(parts: SnapshotInstallerParts) {
    this.#parts = parts;
  }

  async install(snapshot: Snapshot): Promise<void> {
    const { backend, received, clock, logger, stopped } = this.#parts;
    const { index } = snapshot.metadata;
    const startedMs = clock.monotonicMs();
    logger.info('applying snapshot', {
      'current-applied-index': backend.consistentIndex().index,
      'incoming-leader-snapshot-index': index,
      'incoming-leader-snapshot-term': snapshot.metadata.term,
    });
    FAILPOINT: failpoint('applyBeforeOpenSnapshot');
    const incoming = await received.openIncoming(snapshot.metadata, stopped);
    FAILPOINT: failpoint('applyAfterOpenSnapshot');
    try {
      const restored = await this.#restore(incoming);
      await incoming.commitDurable();
      await this.#parts.quiesce();
      this.#changeHands(incoming, restored, index);
    } finally {
      // Of no effect after the adoption.
      await incoming.close();
    }
    await received.forget(index);
    logger.info('applied snapshot', {
      'applied-index': index,
      'current-revision': this.#parts.state.store.currentRevision,
      took: `${(clock.monotonicMs() - startedMs).toFixed(3)}ms`,
    });
  }

  async #restore(incoming: Backend): Promise<{ store: MvccStore; lessor: Lessor }> {
    const { config, stopped } = this.#parts;
    const lessor = new Lessor(lessorOptions(config, new BackendLeaseRecords(incoming)));
    lessor.restore();
    const store = await runInSlices(MvccStore.restore(incoming, lessor), this.#parts, stopped);
    return { store, lessor };
  }

  /** One turn of the event loop, from the old state to the new one. */
  #changeHands(
    incoming: Backend,
    restored: { readonly store: MvccStore; readonly lessor: Lessor },
    index: RaftIndex,
  ): void {
    const { backend, state, stopped } = this.#parts;
    assert(!stopped(), 'a member that stops installs nothing');
    backend.adopt(incoming);
    state.lessor.adopt(restored.lessor);
    state.store.adopt(restored.store);
    state.alarms.load();
    state.cluster.load();
    state.v2Store.restore();
    // Before anything is applied or read again: by the users of before, a right that is gone would
    // still count, and members would judge the next entry differently (etcd #14571).
    state.auth.load();
    this.#parts.installed(index);
    FAILPOINT: failpoint('raftAfterWALRelease');
    // Last, because watchers may be served from the new history at once.
    state.hub.historyReplaced();
  }
}
