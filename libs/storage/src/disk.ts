import fs from 'node:fs';
import { lockExclusively, preallocate } from './native-file.js';

/**
 * What a member needs of a file system beside SQLite, and nothing more: narrow enough that
 * a test can keep two versions of every file, the written one and the durable one, and crash.
 * The plain methods are synchronous (start-up, or too short to matter); those that wait for the
 * device return promises.
 */
export interface DiskFile {
  readonly path: string;
  /** A copy; shorter than `length` only at the end of the file. */
  readNow(position: number, length: number): Buffer;
  sizeNow(): number;
  /** Writes all of `bytes` or throws. */
  writeNow(bytes: Uint8Array, position: number): void;
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** fdatasync: contents and size are durable afterwards; the name is not (see syncDirectory). */
  syncNow(): void;
  sync(): Promise<void>;
  truncate(size: number): void;
  /** Grows to at least `size`; the new part reads as zeros, on disk blocks where the system can. */
  preallocate(size: number): void;
  /** Exclusive until close() or the end of the process; false when somebody else holds it. */
  lock(): boolean;
  close(): void;
}

export interface Disk {
  /** 'create' starts empty whatever was there, mode 0600; 'update' needs an existing file. */
  open(path: string, mode: 'create' | 'update'): DiskFile;
  readFile(path: string): Buffer;
  exists(path: string): boolean;
  /** The mode bits, of what exists. */
  permissions(path: string): number;
  /** Names only, sorted. */
  list(directory: string): string[];
  /** Mode 0700, parents too. */
  makeDirectory(path: string): void;
  rename(from: string, to: string): void;
  copy(from: string, to: string): void;
  remove(path: string): Promise<void>;
  /** A file; one that is not there is no error. */
  removeNow(path: string): void;
  /** With everything inside; one that is not there is no error. */
  removeDirectoryNow(path: string): void;
  /** Makes creations, renames and removals in this directory durable. */
  syncDirectoryNow(path: string): void;
  syncDirectory(path: string): Promise<void>;
}

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

class NodeFile implements DiskFile {
  readonly path: string;
  readonly #fd: number;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  readNow(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    for (let read = -1; read !== 0 && done < length; done += read) {
      read = fs.readSync(this.#fd, bytes, done, length - done, position + done);
    }
    return bytes.subarray(0, done);
  }

  sizeNow(): number {
    return fs.fstatSync(this.#fd).size;
  }

  writeNow(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      done += fs.writeSync(this.#fd, bytes, done, bytes.length - done, position + done);
    }
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      done += await this.#writeSome(bytes, done, position + done);
    }
  }

  #writeSome(bytes: Uint8Array, from: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.write(this.#fd, bytes, from, bytes.length - from, position, (error, written) =>
        error === null ? resolve(written) : reject(error),
      );
    });
  }

  syncNow(): void {
    fs.fdatasyncSync(this.#fd);
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => (error ? reject(error) : resolve()));
    });
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.#fd, size);
  }

  preallocate(size: number): void {
    if (fs.fstatSync(this.#fd).size < size) preallocate(this.#fd, size);
  }

  lock(): boolean {
    return lockExclusively(this.#fd);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

export const NODE_DISK: Disk = {
  open(path, mode) {
    return new NodeFile(path, fs.openSync(path, mode === 'create' ? 'w+' : 'r+', FILE_MODE));
  },
  readFile: (path) => fs.readFileSync(path),
  exists: (path) => fs.existsSync(path),
  permissions: (path) => fs.statSync(path).mode & 0o777,
  list: (directory) => fs.readdirSync(directory).sort(),
  makeDirectory(path) {
    fs.mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
  },
  rename: (from, to) => fs.renameSync(from, to),
  copy(from, to) {
    fs.copyFileSync(from, to);
    fs.chmodSync(to, FILE_MODE);
  },
  remove: (path) => fs.promises.unlink(path),
  removeNow: (path) => fs.rmSync(path, { force: true }),
  removeDirectoryNow: (path) => fs.rmSync(path, { recursive: true, force: true }),
  syncDirectoryNow(path) {
    const fd = fs.openSync(path, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  },
  async syncDirectory(path) {
    const handle = await fs.promises.open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
