import { dirname } from 'node:path';
import { must, type Rng } from '@etcd-ts/foundation';
import type { Disk, DiskFile } from '../disk.js';

const SECTOR = 512;

/** One file: what the program sees, and what is on the platter. */
interface Inode {
  contents: Buffer;
  durable: Buffer;
  locked: boolean;
}

export type DiskOperation = 'write' | 'sync' | 'open' | 'rename' | 'truncate' | 'syncDirectory';

/** How much of what was never synced survives the crash. */
export type Survival = 'nothing' | 'everything' | 'random sectors' | 'leading sectors';

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

  /** What the machine finds after the power comes back. */
  crash(survival: Survival, rng: Rng): CrashDisk {
    const image = new CrashDisk();
    for (const directory of this.#directories) image.#directories.add(directory);
    // Names are journalled in order: either none or all of the unsynced changes are there.
    const keepNames = survival === 'everything' || (survival !== 'nothing' && rng.below(2) === 0);
    const names = keepNames ? this.#names : this.#durableNames;
    for (const [path, inode] of names) {
      const contents = survivingContents(inode, survival, rng);
      image.#names.set(path, { contents, durable: Buffer.from(contents), locked: false });
    }
    image.#durableNames = new Map(image.#names);
    return image;
  }

  /** Changes bytes behind the program's back. */
  corrupt(path: string, change: (contents: Buffer) => void): void {
    change(this.#inode(path).contents);
  }

  #inode(path: string): Inode {
    return must(this.#names.get(path), () => `no such file: ${path}`);
  }

  open(path: string, mode: 'create' | 'update'): DiskFile {
    if (mode === 'create') {
      this.touch('open', () => {
        this.#names.set(path, {
          contents: Buffer.alloc(0),
          durable: Buffer.alloc(0),
          locked: false,
        });
      });
    }
    return new CrashFile(this, path, this.#inode(path));
  }

  readFile(path: string): Buffer {
    return Buffer.from(this.#inode(path).contents);
  }

  exists(path: string): boolean {
    return this.#names.has(path) || this.#directories.has(path);
  }

  list(directory: string): string[] {
    return [...this.#names.keys()]
      .filter((path) => dirname(path) === directory)
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
    const contents = this.readFile(from);
    this.#names.set(to, { contents, durable: Buffer.alloc(0), locked: false });
  }

  remove(path: string): Promise<void> {
    this.#names.delete(path);
    return Promise.resolve();
  }

  removeNow(path: string): void {
    this.#names.delete(path);
  }

  removeDirectoryNow(path: string): void {
    for (const name of this.#names.keys()) if (dirname(name) === path) this.#names.delete(name);
    this.#directories.delete(path);
  }

  syncDirectoryNow(path: string): void {
    this.touch('syncDirectory', () => {
      // Only names directly inside and, for a renamed directory, one level below.
      const inside = (name: string): boolean =>
        dirname(name) === path || dirname(dirname(name)) === path;
      for (const name of this.#durableNames.keys()) {
        if (inside(name)) this.#durableNames.delete(name);
      }
      for (const [name, inode] of this.#names)
        if (inside(name)) this.#durableNames.set(name, inode);
    });
  }

  async syncDirectory(path: string): Promise<void> {
    await Promise.resolve();
    this.syncDirectoryNow(path);
  }
}

function survivingContents(inode: Inode, survival: Survival, rng: Rng): Buffer {
  const { contents, durable } = inode;
  if (survival === 'nothing') return Buffer.from(durable);
  if (survival === 'everything') return Buffer.from(contents);
  const size = rng.below(2) === 0 ? contents.length : Math.max(contents.length, durable.length);
  const image = Buffer.alloc(size);
  durable.copy(image, 0, 0, Math.min(size, durable.length));
  for (let at = 0; at < contents.length; at += SECTOR) {
    const written = contents.subarray(at, at + SECTOR);
    const changed = !written.equals(durable.subarray(at, at + SECTOR));
    if (changed && survival === 'leading sectors' && rng.below(3) === 0) break;
    if (survival === 'leading sectors' || rng.below(2) === 0) written.copy(image, at);
  }
  return image;
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

  writeNow(bytes: Uint8Array, position: number): void {
    this.#disk.touch('write', () => {
      this.#grow(position + bytes.length);
      this.#inode.contents.set(bytes, position);
    });
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await Promise.resolve();
    this.writeNow(bytes, position);
  }

  syncNow(): void {
    this.#disk.touch('sync', () => {
      this.#inode.durable = Buffer.from(this.#inode.contents);
    });
  }

  async sync(): Promise<void> {
    await Promise.resolve();
    this.syncNow();
  }

  truncate(size: number): void {
    this.#disk.touch('truncate', () => {
      this.#inode.contents = Buffer.from(this.#inode.contents.subarray(0, size));
      this.#grow(size);
    });
  }

  preallocate(size: number): void {
    this.#disk.touch('truncate', () => this.#grow(size));
  }

  #grow(size: number): void {
    const { contents } = this.#inode;
    if (contents.length >= size) return;
    this.#inode.contents = Buffer.concat([contents, Buffer.alloc(size - contents.length)]);
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
