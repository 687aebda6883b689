import fs from 'node:fs';
import { join } from 'node:path';
import { BoltReader } from '@etcd-ts/bolt';
import type { Logger, RaftIndex, Scheduler } from '@etcd-ts/foundation';
import { SnapshotDirectory } from '@etcd-ts/peer-transport';
import type { SnapshotSink } from '@etcd-ts/peer-transport';
import type { SnapshotMetadata } from '@etcd-ts/raft';
import { Backend, BackendImport } from '@etcd-ts/storage';
import type { BackendOptions } from '@etcd-ts/storage';
import { ERRORS } from '@etcd-ts/wire-protocol';

import { runInSlices } from '../operations/slices.js';
import { CONF_STATE, encodeConfState } from '../records/conf-state.js';

export interface ReceivedSnapshotsParts {
  /** Where what is received is kept. */
  readonly directory: string;
  /** Beside the backend, which adopts it; removed and made anew by every import. */
  readonly incomingFile: string;
  readonly backendOptions: BackendOptions;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/**
 * What leaders have sent: whole databases in etcd's own format, each kept as a file from its receipt
 * until it is the backend. A crash in between finds the file and begins again with it.
 */
export class ReceivedSnapshots implements SnapshotSink {
  readonly #parts: ReceivedSnapshotsParts;
  readonly #files: SnapshotDirectory;

  private constructor(parts: ReceivedSnapshotsParts, files: SnapshotDirectory) {
    this.#parts = parts;
    this.#files = files;
  }

  static async open(parts: ReceivedSnapshotsParts): Promise<ReceivedSnapshots> {
    return new ReceivedSnapshots(parts, await SnapshotDirectory.open(parts.directory));
  }

  /**
   * Looks at every page, too: a damaged database is the sender's to send again, and must not be
   * announced to raft, which would forget its log for it.
   */
  async save(index: number, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const bytes = await this.#files.save(index, chunks);
    try {
      await this.#reading(index, (reader) =>
        runInSlices(reader.verify(), this.#parts.scheduler, () => false),
      );
    } catch (error) {
      await fs.promises.rm(this.#files.pathOf(index), { force: true });
      throw error;
    }
    return bytes;
  }

  has(index: RaftIndex): boolean {
    return fs.existsSync(this.#files.pathOf(index));
  }

  /** The received database of that position as a backend of its own, ready to be adopted. */
  async openIncoming(position: SnapshotMetadata, stopped: () => boolean): Promise<Backend> {
    const { incomingFile, backendOptions } = this.#parts;
    await this.#reading(position.index, (reader) => importFile(reader, incomingFile, stopped));
    const incoming = Backend.open(incomingFile, { ...backendOptions, mustExist: true });
    // The message and its content are one: what the content says of its own position is not asked.
    incoming.beginEntry();
    incoming.writeMeta(CONF_STATE, encodeConfState(position.confState));
    incoming.setConsistentIndex(position.index, position.term);
    return incoming;
  }

  /** It is installed; and whatever is older never will be. */
  async forget(index: RaftIndex): Promise<void> {
    const { directory, logger } = this.#parts;
    for (const name of await fs.promises.readdir(directory)) {
      const match = /^([0-9a-f]{16})\.snap\.db$/u.exec(name);
      if (match?.[1] === undefined || Number.parseInt(match[1], 16) > index) continue;
      try {
        await fs.promises.rm(join(directory, name));
      } catch (error) {
        logger.warn('failed to remove a received snapshot', { path: name, error: String(error) });
      }
    }
  }

  async #reading<T>(index: number, read: (reader: BoltReader) => Promise<T>): Promise<T> {
    const file = fs.openSync(this.#files.pathOf(index), 'r');
    try {
      const bytesAt = (offset: number, length: number): Uint8Array => {
        const bytes = Buffer.allocUnsafe(length);
        return bytes.subarray(0, fs.readSync(file, bytes, 0, length, offset));
      };
      return await read(BoltReader.open(bytesAt, fs.fstatSync(file).size));
    } finally {
      fs.closeSync(file);
    }
  }
}

async function importFile(reader: BoltReader, path: string, stopped: () => boolean): Promise<void> {
  const target = BackendImport.create(path);
  try {
    for (const name of reader.bucketNames()) {
      for (const [key, value] of reader.entries(name)) {
        if (target.put(name, key, value)) continue;
        await target.settle();
        if (stopped()) throw ERRORS.Stopped.error();
      }
    }
    await target.finish();
  } catch (error) {
    target.abort();
    throw error;
  }
}
