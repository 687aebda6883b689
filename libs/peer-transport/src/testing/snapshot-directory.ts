import { open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotSink } from '../transport-options.js';

/** Begins the names of files that are not complete. */
const PARTIAL = 'tmp-snap-db-';
const FILE_MODE = 0o600;

/** Received databases as files `<index>.snap.db`, the index in sixteen hexadecimal digits, as etcd's. */
export class SnapshotDirectory implements SnapshotSink {
  readonly #directory: string;
  #received = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** The directory must exist and be no other process's. What a crash cut short is removed. */
  static async open(directory: string): Promise<SnapshotDirectory> {
    for (const name of await readdir(directory)) {
      if (name.startsWith(PARTIAL)) await rm(join(directory, name));
    }
    return new SnapshotDirectory(directory);
  }

  pathOf(index: number): string {
    return join(this.#directory, `${index.toString(16).padStart(16, '0')}.snap.db`);
  }

  async save(index: number, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const partial = join(this.#directory, `${PARTIAL}${++this.#received}`);
    try {
      const bytes = await writeDurably(partial, chunks);
      await rename(partial, this.pathOf(index));
      // Without this a crash could take the name back after raft was told of the snapshot.
      await syncDirectory(this.#directory);
      return bytes;
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }
}

async function writeDurably(path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, 'wx', FILE_MODE);
  try {
    let size = 0;
    for await (const chunk of chunks) {
      await writeAll(file, chunk);
      size += chunk.length;
    }
    await file.sync();
    return size;
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done)).bytesWritten;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
