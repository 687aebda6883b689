import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '@etcd-ts/foundation';
import { backupName, backupTime, DEFAULT_MAX_SIZE_MEGABYTES, expiredBackups } from './rotation.js';
import type { Backup, LogRotation } from './rotation.js';
import { DescriptorSink } from './sink.js';
import type { DroppedLinesNotice, LogSink } from './sink.js';

/** A plain file, appended to. The directory must exist. Throws if the file cannot be opened. */
export function fileSink(path: string, notice: DroppedLinesNotice): LogSink {
  const descriptor = openSync(path, 'a', 0o666);
  const inner = new DescriptorSink((bytes) => writeSync(descriptor, bytes), notice);
  let open = true;
  return {
    write: (line) => {
      if (open) inner.write(line);
    },
    flush: () => inner.flush(),
    close: () => {
      if (!open) return;
      open = false;
      inner.close();
      closeSync(descriptor);
    },
  };
}

/**
 * A file that is set aside when it has grown to its limit. Old files are thrown away or compressed
 * after the change, outside the write: a failure there costs nothing but disk space and is tried
 * again at the next rotation.
 */
export class RotatingFileSink implements LogSink {
  readonly #path: string;
  readonly #rotation: LogRotation;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #inner: DescriptorSink;
  #descriptor: number | undefined;
  #size = 0;
  #housekeeping: Promise<void> = Promise.resolve();

  constructor(path: string, rotation: LogRotation, clock: Clock, notice: DroppedLinesNotice) {
    this.#path = path;
    this.#rotation = rotation;
    this.#clock = clock;
    this.#maxBytes = (rotation.maxSizeMegabytes || DEFAULT_MAX_SIZE_MEGABYTES) * 1024 * 1024;
    this.#inner = new DescriptorSink((bytes) => this.#append(bytes), notice);
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    this.#open();
  }

  write(line: string): void {
    this.#inner.write(line);
  }

  flush(): void {
    this.#inner.flush();
  }

  close(): void {
    this.#inner.close();
    this.#closeDescriptor();
    this.#descriptor = -1;
  }

  /** Settles when the files set aside so far have been compressed or removed. */
  housekeepingDone(): Promise<void> {
    return this.#housekeeping;
  }

  #append(bytes: Uint8Array): number {
    if (this.#descriptor === -1) return bytes.length;
    if (this.#size > 0 && this.#size + bytes.length > this.#maxBytes) this.#rotate();
    const descriptor = this.#descriptor ?? this.#open();
    const written = writeSync(descriptor, bytes);
    this.#size += written;
    return written;
  }

  #open(): number {
    const descriptor = openSync(this.#path, 'a', 0o600);
    this.#descriptor = descriptor;
    this.#size = fstatSync(descriptor).size;
    return descriptor;
  }

  #closeDescriptor(): void {
    if (this.#descriptor === undefined || this.#descriptor === -1) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #rotate(): void {
    this.#closeDescriptor();
    let wallMs = this.#clock.wallMs();
    const aside = (): string =>
      join(dirname(this.#path), backupName(basename(this.#path), wallMs, this.#rotation.localTime));
    // Two rotations in one millisecond must not overwrite each other's file.
    while (existsSync(aside()) || existsSync(`${aside()}.gz`)) wallMs += 1;
    renameSync(this.#path, aside());
    this.#open();
    this.#housekeeping = this.#housekeeping.then(() => this.#tidyBackups()).catch(() => undefined);
  }

  async #tidyBackups(): Promise<void> {
    const directory = dirname(this.#path);
    const backups: Backup[] = [];
    for (const name of readdirSync(directory)) {
      const wallMs = backupTime(basename(this.#path), name, this.#rotation.localTime);
      if (wallMs !== undefined) backups.push({ name, wallMs });
    }
    const expired = new Set(expiredBackups(backups, this.#rotation, this.#clock.wallMs()));
    for (const backup of expired) unlinkSync(join(directory, backup.name));
    if (!this.#rotation.compress) return;
    for (const backup of backups) {
      if (!expired.has(backup) && !backup.name.endsWith('.gz')) {
        await compress(join(directory, backup.name));
      }
    }
  }
}

/** The original goes only after its compressed form is complete under its final name. */
async function compress(path: string): Promise<void> {
  const unfinished = `${path}.gz.tmp`;
  try {
    await pipeline(
      createReadStream(path),
      createGzip(),
      createWriteStream(unfinished, { mode: 0o600 }),
    );
    renameSync(unfinished, `${path}.gz`);
    unlinkSync(path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
