import { join } from 'node:path';
import { type Clock, crc32c, type Logger, varintSize } from '@etcd-ts/foundation';
import {
  decodeSnapshot,
  encodeSized,
  encodeSnapshot,
  FieldReader,
  lengthDelimitedSize,
  MalformedMessageError,
} from '@etcd-ts/wire-protocol';
import { type Disk, NODE_DISK } from '../disk.js';
import type { Snapshot, SnapshotPosition } from '../log-record.js';

const PATTERN = /^([0-9a-f]{16})-([0-9a-f]{16})\.snap$/;

function fileName({ index, term }: SnapshotPosition): string {
  const hex = (value: number): string => value.toString(16).padStart(16, '0');
  return `${hex(term)}-${hex(index)}.snap`;
}

/** snappb.Snapshot{crc = 1, data = 2}: CRC-32C over the marshalled raftpb.Snapshot. */
function encodeFile(snapshot: Snapshot): Uint8Array {
  const data = encodeSnapshot(snapshot);
  const crc = crc32c(data);
  return encodeSized(1 + varintSize(crc) + lengthDelimitedSize(data.length), (writer) => {
    writer.number(1, crc);
    writer.bytes(2, data);
  });
}

function decodeFile(bytes: Buffer): Snapshot {
  const reader = new FieldReader(bytes);
  let crc = 0;
  let data: Uint8Array | undefined;
  while (reader.next()) {
    if (reader.field === 1) crc = reader.number();
    else if (reader.field === 2) data = reader.bytes();
    else reader.skip();
  }
  if (data === undefined || data.length === 0 || crc === 0) {
    throw new MalformedMessageError('snapshot file is empty');
  }
  if (crc32c(data) !== crc) throw new MalformedMessageError('snapshot file: crc mismatch');
  return decodeSnapshot(data);
}

/** Told how long each part of a save has taken, in seconds. */
export interface SnapshotFilesObserver {
  marshalled(seconds: number): void;
  fsynced(seconds: number): void;
  saved(seconds: number): void;
}

export interface SnapshotFilesOptions {
  readonly logger: Logger;
  readonly disk?: Disk;
  readonly timing?: { readonly clock: Clock; readonly observer: SnapshotFilesObserver };
}

/** Raft's snapshots beside the backend, one file each, named `<term>-<index>.snap` as etcd's. */
export class SnapshotFiles {
  readonly #dir: string;
  readonly #logger: Logger;
  readonly #disk: Disk;
  readonly #timing: SnapshotFilesOptions['timing'];

  constructor(dir: string, options: SnapshotFilesOptions) {
    this.#dir = dir;
    this.#logger = options.logger;
    this.#disk = options.disk ?? NODE_DISK;
    this.#timing = options.timing;
  }

  /** Resolves when the file is durable under its name: only then may the WAL mention it. */
  async save(snapshot: Snapshot): Promise<void> {
    const { clock, observer } = this.#timing ?? {};
    const now = (): number => (clock === undefined ? 0 : clock.monotonicMs() / 1000);
    const path = join(this.#dir, fileName(snapshot.metadata));
    const building = `${path}.tmp`;
    const began = now();
    const bytes = encodeFile(snapshot);
    observer?.marshalled(now() - began);
    const file = this.#disk.open(building, 'create');
    try {
      await file.write(bytes, 0);
      const written = now();
      await file.sync();
      observer?.fsynced(now() - written);
    } finally {
      file.close();
    }
    this.#disk.rename(building, path);
    await this.#disk.syncDirectory(this.#dir);
    observer?.saved(now() - began);
  }

  #names(): string[] {
    return this.#disk.list(this.#dir).filter((name) => PATTERN.test(name));
  }

  /**
   * The newest file that reads back whole and matches one of the positions (those the WAL has
   * recorded). Damaged ones are renamed `.broken` and passed over.
   */
  loadNewest(matching: readonly SnapshotPosition[]): Snapshot | undefined {
    for (const name of this.#names().reverse()) {
      const snapshot = this.#read(name);
      if (snapshot === undefined) continue;
      const { index, term } = snapshot.metadata;
      if (matching.some((position) => position.index === index && position.term === term)) {
        return snapshot;
      }
    }
    return undefined;
  }

  #read(name: string): Snapshot | undefined {
    const path = join(this.#dir, name);
    try {
      return decodeFile(this.#disk.readFile(path));
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      this.#disk.rename(path, `${path}.broken`);
      this.#logger.warn('renamed bad snapshot file', {
        path,
        'kept-as': `${path}.broken`,
        error,
      });
      return undefined;
    }
  }

  /** Keeps the newest `max` files (0: all); resolves with the number removed. */
  async purge(max: number): Promise<number> {
    const names = this.#names();
    const surplus = max === 0 ? [] : names.slice(0, Math.max(0, names.length - max));
    for (const name of surplus) await this.#disk.remove(join(this.#dir, name));
    if (surplus.length > 0) await this.#disk.syncDirectory(this.#dir);
    return surplus.length;
  }
}
