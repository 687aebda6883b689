import { dirname } from 'node:path';
import { must, type Rng } from '@etcd-ts/foundation';
import type { Disk, DiskFile } from '../disk.js';
import { Inode, type Survival } from './inode.js';

export type { Survival } from './inode.js';
export type DiskOperation = 'write' | 'sync' | 'open' | 'rename' | 'truncate' | 'syncDirectory';

const DIRECTORY_MODE = 0o700;

/**
 * A disk in memory that can lose power. Data survives from the last sync of its file, names from
 * the last sync of their directory; of the rest any set of sectors may survive, in any order.
 */
export class CrashDisk implements Disk {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  readonly #directories = new Set<string>(['/']);
  #fault: { operation: DiskOperation; error: Error } | undefined;
  /** Called after each operation that changes something. */
  onOperation: (operation: DiskOperation) => void = () => undefined;
  /**
   * Called by each sync that does not hold the event loop: it lasts until the promise resolves
   * (undefined: for one turn of the microtasks) and fails if that rejects. A failed fsync loses what
   * it was to write for good, though a later one succeeds: so do kernels.
   */
  onSync: (path: string) => Promise<void> | undefined = () => undefined;

  /** From now on every such operation fails, as a broken device's would. */
  failEvery(operation: DiskOperation, code: string): void {
    const error = Object.assign(new Error(`${code}: injected, ${operation}`), { code });
    this.#fault = { operation, error };
  }

  heal(): void {
    this.#fault = undefined;
  }

  touch(operation: DiskOperation, change: () => void): void {
    if (this.#fault?.operation === operation) throw this.#fault.error;
    change();
    this.onOperation(operation);
  }

  /** What the machine finds after the power comes back. This disk goes on as if it had not gone. */
  crash(survival: Survival, rng: Rng): CrashDisk {
    const image = new CrashDisk();
    for (const directory of this.#directories) image.#directories.add(directory);
    // Names are journalled in order: either none or all of the unsynced changes are there.
    const keepNames = survival === 'everything' || (survival !== 'nothing' && rng.below(2) === 0);
    const names = keepNames ? this.#names : this.#durableNames;
    for (const [path, inode] of names) {
      image.#names.set(path, new Inode(inode.surviving(survival, rng)));
    }
    image.#durableNames = new Map(image.#names);
    return image;
  }

  /** Changes bytes behind the program's back. */
  corrupt(path: string, change: (contents: Buffer) => void): void {
    this.#inode(path).corrupt(change);
  }

  #inode(path: string): Inode {
    return must(this.#names.get(path), () => `no such file: ${path}`);
  }

  open(path: string, mode: 'create' | 'update'): DiskFile {
    if (mode === 'create') this.touch('open', () => this.#names.set(path, new Inode()));
    return new CrashFile(this, path, this.#inode(path));
  }

  readFile(path: string): Buffer {
    return this.#inode(path).contents();
  }

  exists(path: string): boolean {
    return this.#names.has(path) || this.#directories.has(path);
  }

  permissions(): number {
    return DIRECTORY_MODE;
  }

  list(directory: string): string[] {
    return [...this.#names.keys(), ...this.#directories]
      .filter((path) => path !== directory && dirname(path) === directory)
      .map((path) => path.slice(directory.length + 1))
      .sort();
  }

  makeDirectory(path: string): void {
    for (let at = path; at !== '/'; at = dirname(at)) this.#directories.add(at);
  }

  rename(from: string, to: string): void {
    this.touch('rename', () => {
      this.#renameDirectory(from, to);
      const inode = this.#names.get(from);
      if (inode === undefined) return;
      this.#names.delete(from);
      this.#names.set(to, inode);
    });
  }

  /** The names inside were synced under the old name, so they move in both views. */
  #renameDirectory(from: string, to: string): void {
    if (!this.#directories.delete(from)) return;
    this.#directories.add(to);
    for (const [path, inode] of [...this.#names]) {
      if (dirname(path) !== from) continue;
      this.#names.delete(path);
      this.#names.set(`${to}${path.slice(from.length)}`, inode);
    }
  }

  copy(from: string, to: string): void {
    const inode = new Inode();
    inode.write(this.readFile(from), 0);
    this.#names.set(to, inode);
  }

  remove(path: string): Promise<void> {
    this.removeNow(path);
    return Promise.resolve();
  }

  removeNow(path: string): void {
    this.#names.delete(path);
  }

  removeDirectoryNow(path: string): void {
    for (const name of this.#names.keys()) {
      if (name === path || dirname(name) === path) this.#names.delete(name);
    }
    this.#directories.delete(path);
  }

  syncDirectoryNow(path: string): void {
    this.touch('syncDirectory', () => {
      for (const name of this.#durableNames.keys()) {
        if (isSyncedWith(path, name)) this.#durableNames.delete(name);
      }
      for (const [name, inode] of this.#names) {
        if (isSyncedWith(path, name)) this.#durableNames.set(name, inode);
      }
    });
  }

  async syncDirectory(path: string): Promise<void> {
    await this.onSync(path);
    this.syncDirectoryNow(path);
  }
}

/**
 * Only names directly inside a directory and, for one that was renamed, one level below. Asked of
 * every name in every sync, which is why it takes no path apart.
 */
function isSyncedWith(directory: string, name: string): boolean {
  const inside = directory === '/' ? 1 : directory.length + 1;
  if (!name.startsWith(directory) || name[inside - 1] !== '/') return false;
  const below = name.indexOf('/', inside);
  return below === -1 || !name.includes('/', below + 1);
}

class CrashFile implements DiskFile {
  readonly path: string;
  readonly #disk: CrashDisk;
  readonly #inode: Inode;
  #holdsLock = false;

  constructor(disk: CrashDisk, path: string, inode: Inode) {
    this.#disk = disk;
    this.path = path;
    this.#inode = inode;
  }

  readNow(position: number, length: number): Buffer {
    return this.#inode.read(position, length);
  }

  sizeNow(): number {
    return this.#inode.size;
  }

  writeNow(bytes: Uint8Array, position: number): void {
    this.#disk.touch('write', () => this.#inode.write(bytes, position));
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await Promise.resolve();
    this.writeNow(bytes, position);
  }

  syncNow(): void {
    this.#disk.touch('sync', () => this.#inode.synced(this.#inode.changes));
  }

  async sync(): Promise<void> {
    // What is written while the sync is under way is not covered by it.
    const { changes } = this.#inode;
    try {
      await this.#disk.onSync(this.path);
      this.#disk.touch('sync', () => this.#inode.synced(changes));
    } catch (error) {
      this.#inode.syncFailed();
      throw error;
    }
  }

  truncate(size: number): void {
    this.#disk.touch('truncate', () => this.#inode.resize(size));
  }

  preallocate(size: number): void {
    if (this.#inode.size >= size) return;
    this.#disk.touch('truncate', () => this.#inode.resize(size));
  }

  lock(): boolean {
    if (this.#inode.locked && !this.#holdsLock) return false;
    this.#inode.locked = true;
    this.#holdsLock = true;
    return true;
  }

  close(): void {
    if (this.#holdsLock) this.#inode.locked = false;
  }
}
