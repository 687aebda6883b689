import { join } from 'node:path';
import type { Disk, DiskFile } from '../disk.js';
import type { SegmentName } from './segment-name.js';

interface Segment {
  readonly name: SegmentName;
  /** Open (and locked) while the log may still need it. */
  readonly file: DiskFile | undefined;
}

/** The segments on disk, oldest first; the last is the one being written. */
export class SegmentList {
  readonly #disk: Disk;
  readonly #dir: string;
  #segments: Segment[] = [];
  #releasedIndex = 0;

  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = dir;
  }

  add(name: SegmentName, file: DiskFile | undefined): void {
    this.#segments.push({ name, file });
  }

  get length(): number {
    return this.#segments.length;
  }

  release(index: number): void {
    this.#releasedIndex = Math.max(this.#releasedIndex, index);
  }

  /** The oldest segment, when the one after it already begins at or below the released index. */
  #removable(): Segment | undefined {
    const next = this.#segments[1];
    const released = next !== undefined && next.name.firstIndex <= this.#releasedIndex;
    return released ? this.#segments[0] : undefined;
  }

  hasSurplus(keep: number): boolean {
    return this.#segments.length > keep && this.#removable() !== undefined;
  }

  /** Oldest first, so that what stays is always a contiguous tail. */
  async purge(keep: number): Promise<number> {
    let removed = 0;
    while (this.#segments.length > keep) {
      const oldest = this.#removable();
      if (oldest === undefined) break;
      this.#segments.shift();
      oldest.file?.close();
      await this.#disk.remove(join(this.#dir, oldest.name.file));
      removed++;
    }
    if (removed > 0) await this.#disk.syncDirectory(this.#dir);
    return removed;
  }

  close(): void {
    for (const segment of this.#segments) segment.file?.close();
    this.#segments = [];
  }
}
