import { EMPTY_BYTES, RaftIndex, Term } from '@etcd-ts/foundation';
import type { CancelTimer, Logger, Scheduler } from '@etcd-ts/foundation';
import type { ConfState, MemoryLog } from '@etcd-ts/raft';
import type { Backend, SnapshotFiles, Wal } from '@etcd-ts/storage';

/** How often files nobody needs any more are looked for (etcd: 30 s). */
const PURGE_INTERVAL_MS = 30_000;

export interface SnapshotterParts {
  readonly log: MemoryLog;
  readonly wal: Wal;
  readonly files: SnapshotFiles;
  readonly backend: Backend;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly confState: () => ConfState;
  readonly snapshotCount: number;
  readonly catchupEntries: number;
  readonly maxSnapshots: number;
  readonly failed: (error: Error) => void;
}

/**
 * Cuts the raft log. The backend is the snapshot: the `.snap` file only names the position, and
 * followers that are not too far behind are served from the entries kept in memory.
 */
export class Snapshotter {
  readonly #parts: SnapshotterParts;
  #lastIndex: RaftIndex;
  #running: Promise<void> | undefined;
  #cancelPurge: CancelTimer = () => undefined;

  constructor(parts: SnapshotterParts, lastIndex: RaftIndex) {
    this.#parts = parts;
    this.#lastIndex = lastIndex;
  }

  start(): void {
    this.#cancelPurge = this.#parts.scheduler.every(PURGE_INTERVAL_MS, () => void this.#purge());
  }

  applied(index: RaftIndex): void {
    if (index - this.#lastIndex <= this.#parts.snapshotCount || this.#running) return;
    this.#running = this.#save()
      .catch((error: unknown) => {
        this.#parts.failed(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => (this.#running = undefined));
  }

  async stop(): Promise<void> {
    this.#cancelPurge();
    await this.#running;
  }

  async #save(): Promise<void> {
    const { backend, files, wal, log, logger, catchupEntries } = this.#parts;
    const position = backend.consistentIndex();
    const confState = this.#parts.confState();
    logger.info('triggering snapshot', {
      'local-member-applied-index': position.index,
      'local-member-snapshot-index': this.#lastIndex,
    });
    // Everything up to `position` must be durable in the backend BEFORE the log that could
    // rebuild it is cut: SQLite's own commits may be lost with the power, the log's may not.
    await backend.commitDurable();
    const { index, term } = position;
    const data = EMPTY_BYTES;
    await files.save({ data, metadata: { confState, index, term } });
    await wal.saveSnapshot({ index, term, confState });
    wal.releaseTo(index);
    this.#lastIndex = index;
    log.createSnapshot(index, confState, data);
    const compactTo = index - catchupEntries;
    if (compactTo > log.firstIndex()) log.compact(RaftIndex(compactTo));
    logger.info('saved snapshot', { 'snapshot-index': index, 'snapshot-term': Term(term) });
  }

  async #purge(): Promise<void> {
    try {
      await this.#parts.wal.purge();
      await this.#parts.files.purge(this.#parts.maxSnapshots);
    } catch (error) {
      this.#parts.logger.warn('failed to purge file', {
        error: error instanceof Error ? error : String(error),
      });
    }
  }
}
