import { failpoint } from '@etcd-ts/failpoint';
import { assert } from '@etcd-ts/foundation';
import { sqliteFailure } from '../backend/sqlite-failure.js';
import type { PendingChanges } from '../backend/pending-changes.js';
import type {
  DatabaseView,
  StateDatabase,
  StoredBuckets,
  StoredRevisions,
} from '../backend/state-database.js';
import type { MemoryDatabases, MemoryFile } from './memory-databases.js';
import { MemoryState } from './memory-state.js';

const PAGE_BYTES = 8192;
/** Of an empty database. */
const FIRST_PAGES = 6;

/**
 * A StateDatabase for simulations: no SQLite and no disk, the same promises. Commits survive a
 * crash of the process, and those a sync has covered survive the loss of power too.
 */
export class MemoryDatabase implements StateDatabase {
  readonly path: string;
  readonly #file: MemoryFile;
  readonly #databases: MemoryDatabases;
  #isClosed = false;
  #isWriting = false;
  readonly blocksCommits = false;
  readonly idle = Promise.resolve();
  onFailure: (error: unknown) => void = () => undefined;

  constructor(path: string, file: MemoryFile, databases: MemoryDatabases) {
    this.path = path;
    this.#file = file;
    this.#databases = databases;
    file.isOpen = true;
    this.#measure();
  }

  describe(failure: unknown): string {
    return sqliteFailure(failure, this.path);
  }

  get revisions(): StoredRevisions {
    return this.#file.state.revisions;
  }

  get buckets(): StoredBuckets {
    return this.#file.state.buckets;
  }

  #usedPages(): number {
    return FIRST_PAGES + Math.ceil(this.#file.state.bytes / PAGE_BYTES);
  }

  #measure(): void {
    this.#file.pages = Math.max(this.#file.pages, this.#usedPages());
  }

  *write(changes: PendingChanges): Generator<void, void, number> {
    let budget: number = yield;
    assert(!this.#isWriting, 'one commit at a time');
    FAILPOINT: failpoint('beforeStartDBTxn');
    this.#isWriting = true;
    FAILPOINT: failpoint('afterStartDBTxn');
    for (let left = changes.operations; left > budget; left -= Math.max(1, budget)) budget = yield;
    assert(!this.#isClosed, 'nothing is written into a closed database');
    this.#databases.onCommit(this.path);
    FAILPOINT: failpoint('beforeCommit');
    this.#file.commit(changes);
    FAILPOINT: failpoint('afterCommit');
    this.#isWriting = false;
    this.#measure();
  }

  unblockNow(): void {
    // Nothing blocks commits here.
  }

  tend(): void {
    // Nothing to tend: the log of a simulated database costs nothing.
  }

  async sync(): Promise<void> {
    const { commits } = this.#file;
    await this.#databases.onSync(this.path);
    this.#file.synced(commits);
  }

  size(): { bytes: number; bytesInUse: number } {
    return { bytes: this.#file.pages * PAGE_BYTES, bytesInUse: this.#usedPages() * PAGE_BYTES };
  }

  reclaim(maxPages: number): number {
    const free = this.#file.pages - this.#usedPages();
    const given = Math.min(free, Math.max(1, Math.floor(maxPages)));
    this.#file.pages -= given;
    return given;
  }

  shrinkFile(): Promise<void> {
    return Promise.resolve();
  }

  integrityCheck(): readonly string[] {
    return [];
  }

  openView(): DatabaseView {
    assert(!this.#isWriting, 'a view is opened between commits');
    const { revisions, buckets } = new MemoryState(this.#file.state);
    return { revisions, buckets, close: () => undefined };
  }

  replaceBy(incoming: StateDatabase): StateDatabase {
    assert(incoming instanceof MemoryDatabase && incoming !== this, 'two databases in memory');
    incoming.#closeNow();
    this.#closeNow();
    incoming.#file.synced(incoming.#file.commits);
    this.#databases.rename(incoming.path, this.path);
    return this.#databases.open(this.path, true);
  }

  #closeNow(): void {
    this.#isClosed = true;
    this.#file.isOpen = false;
  }

  /** As SQLite, which moves its log into the file and syncs that. */
  close(): Promise<void> {
    this.#file.synced(this.#file.commits);
    this.#closeNow();
    return Promise.resolve();
  }
}
