import { join } from 'node:path';
import { BoltReader } from '@etcd-ts/bolt';
import type { Clock, Logger, RaftIndex, Scheduler } from '@etcd-ts/foundation';
import type { SnapshotSink } from '@etcd-ts/peer-transport';
import type { SnapshotMetadata } from '@etcd-ts/raft';
import type {
  Backend,
  BackendImport,
  BackendOptions,
  DiskFile,
  MemberFiles,
} from '@etcd-ts/storage';
import { ERRORS } from '@etcd-ts/wire-protocol';

import { runInSlices } from '../operations/slices.js';
import { CONF_STATE, encodeConfState } from '../records/conf-state.js';

/** Begins the names of files that are not complete: a start removes them with other leftovers. */
const PARTIAL = 'tmp-snap-db-';

/** Told how long each part of a receipt has taken, in seconds. */
export interface ReceivedSnapshotsObserver {
  fsynced(seconds: number): void;
  saved(seconds: number): void;
}

export interface ReceivedSnapshotsParts {
  readonly files: MemberFiles;
  /** Where what is received is kept. */
  readonly directory: string;
  /** Beside the backend, which adopts it; removed and made anew by every import. */
  readonly incomingFile: string;
  readonly backendOptions: BackendOptions;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly observer: ReceivedSnapshotsObserver;
  readonly logger: Logger;
}

/**
 * What leaders have sent: whole databases in etcd's own format, each kept as a file from its receipt
 * until it is the backend. A crash in between finds the file and begins again with it.
 */
export class ReceivedSnapshots implements SnapshotSink {
  readonly #parts: ReceivedSnapshotsParts;
  #received = 0;

  constructor(parts: ReceivedSnapshotsParts) {
    this.#parts = parts;
  }

  /**
   * Looks at every page, too: a damaged database is the sender's to send again, and must not be
   * announced to raft, which would forget its log for it.
   */
  async save(index: number, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const bytes = await this.#write(index, chunks);
    try {
      await this.#reading(index, (reader) =>
        runInSlices(reader.verify(), this.#parts, () => false),
      );
    } catch (error) {
      this.#parts.files.disk.removeNow(this.#pathOf(index));
      throw error;
    }
    return bytes;
  }

  /** Under its name only when it is durable: then raft may be told of it. */
  async #write(index: number, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const { directory, files, clock, observer } = this.#parts;
    const { disk } = files;
    const began = clock.monotonicMs();
    const partial = join(directory, `${PARTIAL}${++this.#received}`);
    try {
      const bytes = await this.#writeDurably(disk.open(partial, 'create'), chunks);
      disk.rename(partial, this.#pathOf(index));
      await disk.syncDirectory(directory);
      observer.saved((clock.monotonicMs() - began) / 1000);
      return bytes;
    } catch (error) {
      disk.removeNow(partial);
      throw error;
    }
  }

  async #writeDurably(file: DiskFile, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const { clock, observer } = this.#parts;
    try {
      let size = 0;
      for await (const chunk of chunks) {
        await file.write(chunk, size);
        size += chunk.length;
      }
      const written = clock.monotonicMs();
      await file.sync();
      observer.fsynced((clock.monotonicMs() - written) / 1000);
      return size;
    } finally {
      file.close();
    }
  }

  /** As etcd's: `<index>.snap.db`, the index in sixteen hexadecimal digits. */
  #pathOf(index: number): string {
    return join(this.#parts.directory, `${index.toString(16).padStart(16, '0')}.snap.db`);
  }

  has(index: RaftIndex): boolean {
    return this.#parts.files.disk.exists(this.#pathOf(index));
  }

  /** The received database of that position as a backend of its own, ready to be adopted. */
  async openIncoming(position: SnapshotMetadata, stopped: () => boolean): Promise<Backend> {
    const { files, incomingFile, backendOptions } = this.#parts;
    await this.#reading(position.index, (reader) =>
      importFile(reader, files.createImport(incomingFile), stopped),
    );
    const incoming = files.openBackend(incomingFile, { ...backendOptions, mustExist: true });
    // The message and its content are one: what the content says of its own position is not asked.
    incoming.beginEntry();
    incoming.writeMeta(CONF_STATE, encodeConfState(position.confState));
    incoming.setConsistentIndex(position.index, position.term);
    return incoming;
  }

  /** It is installed; and whatever is older never will be. */
  async forget(index: RaftIndex): Promise<void> {
    const { directory, files, logger } = this.#parts;
    for (const name of files.disk.list(directory)) {
      const match = /^([0-9a-f]{16})\.snap\.db$/u.exec(name);
      if (match?.[1] === undefined || Number.parseInt(match[1], 16) > index) continue;
      try {
        await files.disk.remove(join(directory, name));
      } catch (error) {
        logger.warn('failed to remove a received snapshot', { path: name, error: String(error) });
      }
    }
  }

  async #reading<T>(index: number, read: (reader: BoltReader) => Promise<T>): Promise<T> {
    const file = this.#parts.files.disk.open(this.#pathOf(index), 'update');
    try {
      const bytesAt = (offset: number, length: number): Uint8Array => file.readNow(offset, length);
      return await read(BoltReader.open(bytesAt, file.sizeNow()));
    } finally {
      file.close();
    }
  }
}

async function importFile(
  reader: BoltReader,
  target: BackendImport,
  stopped: () => boolean,
): Promise<void> {
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
