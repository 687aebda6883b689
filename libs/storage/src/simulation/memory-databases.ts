import { assert, must, type Revision, type Rng, toBinaryString } from '@etcd-ts/foundation';
import type { ImportTarget } from '../backend/backend-import.js';
import { PendingChanges } from '../backend/pending-changes.js';
import type { StateDatabase } from '../backend/state-database.js';
import type { DatabaseFiles } from '../member-files.js';
import { StorageError } from '../storage-error.js';
import type { Survival } from './inode.js';
import { MemoryDatabase } from './memory-database.js';
import { MemoryState, type Undo } from './memory-state.js';

/** As many commits as may be lost with the power; the real one's checkpoint ends them as well. */
const MAX_UNSYNCED_COMMITS = 256;

/** What the disk has of one database. */
export class MemoryFile {
  readonly state: MemoryState;
  /** Of the commits since the last sync, oldest first: a crash keeps any number of the first. */
  readonly unsynced: Undo[] = [];
  /** Commits before those of `unsynced`. */
  #settled = 0;
  isOpen = false;
  /** Pages freed and not yet given back count. */
  pages = 0;

  constructor(state = new MemoryState()) {
    this.state = state;
  }

  commit(changes: PendingChanges): void {
    this.unsynced.push(this.state.commit(changes));
    if (this.unsynced.length > MAX_UNSYNCED_COMMITS) this.synced(this.commits - 1);
  }

  get commits(): number {
    return this.#settled + this.unsynced.length;
  }

  synced(commits: number): void {
    const covered = Math.max(0, commits - this.#settled);
    this.#settled += this.unsynced.splice(0, covered).length;
  }

  surviving(survivors: number): MemoryFile {
    const state = new MemoryState(this.state);
    for (const undo of this.unsynced.slice(survivors).reverse()) state.undo(undo);
    return new MemoryFile(state);
  }
}

/** The databases of one simulated machine, by path. */
export class MemoryDatabases implements DatabaseFiles {
  readonly #files = new Map<string, MemoryFile>();
  /**
   * Called by each sync that does not hold the event loop: it lasts until the promise resolves and
   * fails if that rejects.
   */
  onSync: (path: string) => Promise<void> | undefined = () => undefined;
  /** Called before each commit, which fails with what it throws (a full disk). */
  onCommit: (path: string) => void = () => undefined;
  /** Which of the commits that no sync has covered survive the crash: 0 to `unsynced`. */
  survivors: (path: string, unsynced: number, rng: Rng) => number = (_, unsynced, rng) =>
    rng.below(unsynced + 1);

  open(path: string, mustExist: boolean): StateDatabase {
    let file = this.#files.get(path);
    if (file === undefined) {
      if (mustExist) {
        throw new StorageError(
          'backendMissing',
          `database file (${path}) of the backend is missing`,
        );
      }
      file = new MemoryFile();
      this.#files.set(path, file);
    }
    if (file.isOpen) {
      throw new StorageError('dataDirectoryLocked', `${path} is in use by another process`);
    }
    return new MemoryDatabase(path, file, this);
  }

  exists(path: string): boolean {
    return this.#files.has(path);
  }

  /** Durable at once: the real one is synchronous, and a crash within it leaves one or the other. */
  rename(from: string, to: string): void {
    const file = must(this.#files.get(from), () => `no such database: ${from}`);
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  remove(path: string): void {
    assert(this.#files.get(path)?.isOpen !== true, 'an open database is not removed');
    this.#files.delete(path);
  }

  createImport(path: string): ImportTarget {
    this.remove(path);
    return new MemoryImport(
      (state) => this.#files.set(path, new MemoryFile(state)),
      () => this.onSync(path),
    );
  }

  /** From now on reading the row fails the backend, as after a bit has flipped on the disk. */
  damage(path: string, main: number, sub: number): void {
    must(this.#files.get(path), () => `no such database: ${path}`).state.damage(main, sub);
  }

  /** What the machine finds after the power comes back. These go on as if it had not gone. */
  crash(survival: Survival, rng: Rng): MemoryDatabases {
    const image = new MemoryDatabases();
    for (const [path, file] of this.#files) {
      const unsynced = file.unsynced.length;
      const survivors =
        survival === 'nothing'
          ? 0
          : survival === 'everything'
            ? unsynced
            : this.survivors(path, unsynced, rng);
      image.#files.set(path, file.surviving(survivors));
    }
    return image;
  }
}

class MemoryImport implements ImportTarget {
  readonly #state = new MemoryState();
  readonly #finished: (state: MemoryState) => void;
  readonly #sync: () => Promise<void> | undefined;

  constructor(finished: (state: MemoryState) => void, sync: () => Promise<void> | undefined) {
    this.#finished = finished;
    this.#sync = sync;
  }

  putRevision(main: number, sub: number, tombstone: boolean, value: Uint8Array): void {
    const changes = new PendingChanges();
    changes.append({ main: main as Revision, sub, tombstone, value });
    this.#state.commit(changes);
  }

  putBucket(bucket: string, key: Uint8Array, value: Uint8Array): void {
    this.#state.put(bucket, toBinaryString(key), Buffer.from(value));
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  async finish(): Promise<void> {
    await this.#sync();
    this.#finished(this.#state);
  }

  abort(): void {
    // Nothing is under the name before finish().
  }
}
