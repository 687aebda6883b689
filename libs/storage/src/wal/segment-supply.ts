import { join } from 'node:path';
import type { Disk, DiskFile } from '../disk.js';

/** The size a segment is cut at and preallocated to, as etcd: decimal 64 MB. */
export const SEGMENT_BYTES = 64_000_000;

/**
 * Keeps one empty, preallocated segment ready, so that a cut does not wait for the file system.
 * Its name alternates between `0.tmp` and `1.tmp`, since the one handed out keeps its name until
 * the log renames it.
 */
export class SegmentSupply {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #segmentBytes: number;
  #count = 0;
  #ready: DiskFile | undefined;

  constructor(disk: Disk, dir: string, segmentBytes: number) {
    this.#disk = disk;
    this.#dir = dir;
    this.#segmentBytes = segmentBytes;
  }

  /** Makes the next segment if there is none. Throws what the disk throws (ENOSPC). */
  prepare(): void {
    if (this.#ready !== undefined) return;
    const path = join(this.#dir, `${this.#count++ % 2}.tmp`);
    const file = this.#disk.open(path, 'create');
    try {
      file.preallocate(this.#segmentBytes);
      file.lock();
    } catch (error) {
      file.close();
      throw error;
    }
    this.#ready = file;
  }

  take(): DiskFile {
    this.prepare();
    const file = this.#ready as DiskFile;
    this.#ready = undefined;
    return file;
  }

  close(): void {
    this.#ready?.close();
    this.#ready = undefined;
  }
}
