import { failpoint } from '@etcd-ts/failpoint';
import { EMPTY_BYTES } from '@etcd-ts/foundation';
import type { CancelTimer, Logger, RaftIndex, Scheduler } from '@etcd-ts/foundation';
import type { ConfState } from '@etcd-ts/raft';
import type { Backend, SnapshotFiles, Wal } from '@etcd-ts/storage';

/** How often files nobody needs any more are looked for (etcd: 30 s). */
const PURGE_INTERVAL_MS = 30_000;

export interface SnapshotterParts {
  readonly wal: Wal;
  readonly files: SnapshotFiles;
  readonly backend: Backend;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly confState: () => ConfState;
  readonly snapshotCount: number;
  readonly maxSnapshots: number;
  readonly failed: (error: Error) => void;
}

/** Cuts the raft log on disk. The backend is the snapshot: the `.snap` file names its position. */
export class Snapshotter {
  readonly #parts: SnapshotterParts;
  #lastIndex: RaftIndex;
  #running: Promise<void> | undefined;
  #purging: Promise<void> | undefined;
  /** There may be more snapshot files than are to be kept. */
  #mayHaveSurplus = true;
  #cancelPurge: CancelTimer = () => undefined;

  constructor(parts: SnapshotterParts, lastIndex: RaftIndex) {
    this.#parts = parts;
    this.#lastIndex = lastIndex;
  }

  start(): void {
    const purge = (): void => {
      this.#purging ??= this.#purge().finally(() => (this.#purging = undefined));
    };
    this.#cancelPurge = this.#parts.scheduler.every(PURGE_INTERVAL_MS, purge, {
      kind: 'poll',
      idleUntilMs: () => (this.#mayHaveSurplus || this.#parts.wal.hasSurplus ? 0 : Infinity),
    });
  }

  /** After each batch of entries, when the backend stands at its end. */
  applied(index: RaftIndex): void {
    if (index - this.#lastIndex <= this.#parts.snapshotCount || this.#running) return;
    this.#running = this.#save()
      .catch((error: unknown) => {
        this.#parts.failed(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => (this.#running = undefined));
  }

  /** A received snapshot is installed: backend and log begin there. */
  installed(index: RaftIndex): void {
    this.#lastIndex = index;
    this.#mayHaveSurplus = true;
    this.#parts.wal.releaseTo(index);
  }

  /** Resolves when no snapshot is being saved. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Resolves when the files are left alone. */
  async stop(): Promise<void> {
    this.#cancelPurge();
    await this.#running;
    await this.#purging;
  }

  async #save(): Promise<void> {
    const { backend, files, wal, logger } = this.#parts;
    const { index, term } = backend.consistentIndex();
    const confState = this.#parts.confState();
    logger.info('triggering snapshot', {
      'local-member-applied-index': index,
      'local-member-snapshot-index': this.#lastIndex,
    });
    // Everything up to `index` must be durable in the backend BEFORE the log that could rebuild it
    // is cut: SQLite's own commits may be lost with the power, the log's may not. A crash after any
    // of these steps finds the former snapshot and all of the log behind it, or the new one.
    await backend.commitDurable();
    await files.save({ data: EMPTY_BYTES, metadata: { confState, index, term } });
    FAILPOINT: failpoint('raftBeforeWALSaveSnaphot');
    await wal.saveSnapshot({ index, term, confState });
    this.installed(index);
    logger.info('saved snapshot', { 'snapshot-index': index, 'snapshot-term': term });
  }

  async #purge(): Promise<void> {
    try {
      this.#mayHaveSurplus = false;
      await this.#parts.wal.purge();
      await this.#parts.files.purge(this.#parts.maxSnapshots);
    } catch (error) {
      this.#mayHaveSurplus = true;
      this.#parts.logger.warn('failed to purge file', {
        error: error instanceof Error ? error : String(error),
      });
    }
  }
}
