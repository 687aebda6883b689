import type { Rng } from '@etcd-ts/foundation';

export const SECTOR_BYTES = 512;

/** How much of what was never synced survives the crash. */
export type Survival = 'nothing' | 'everything' | 'random sectors' | 'leading sectors';

/** What a change overwrote: undone backwards, they lead to what is on the platter. */
interface Change {
  readonly position: number;
  readonly end: number;
  /** What was not stored behind it was zeros. */
  readonly before: Buffer;
  readonly sizeBefore: number;
}

/**
 * The bytes of one file: those a program sees, and how to get back to those that are durable. An
 * fsync costs nothing this way, and a write its own length.
 */
export class Inode {
  locked = false;
  /** Zeros behind `#size`, and as much as was ever written. */
  #bytes: Buffer;
  #size: number;
  readonly #unsynced: Change[] = [];
  /** Of those, which a failed fsync has lost: no later one makes them durable. */
  #lost = 0;
  /** Changes that are durable and forgotten. */
  #settled = 0;

  constructor(contents: Buffer = Buffer.alloc(0)) {
    this.#bytes = contents;
    this.#size = contents.length;
  }

  get size(): number {
    return this.#size;
  }

  contents(): Buffer {
    const copy = Buffer.alloc(this.#size);
    this.#bytes.copy(copy, 0, 0, this.#size);
    return copy;
  }

  read(position: number, length: number): Buffer {
    const end = Math.max(position, Math.min(this.#size, position + length));
    const copy = Buffer.alloc(end - position);
    this.#bytes.copy(copy, 0, position, end);
    return copy;
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    this.#remember(position, end);
    this.#reserve(end);
    this.#bytes.set(bytes, position);
    this.#size = Math.max(this.#size, end);
  }

  resize(size: number): void {
    this.#remember(size, this.#size);
    this.#bytes.fill(0, Math.min(size, this.#bytes.length));
    this.#size = size;
  }

  /** Behind the program's back, and durable. */
  corrupt(change: (contents: Buffer) => void): void {
    this.#reserve(this.#size);
    change(this.#bytes.subarray(0, this.#size));
  }

  #remember(start: number, end: number): void {
    const before = Buffer.from(this.#bytes.subarray(start, Math.min(end, this.#size)));
    this.#unsynced.push({ position: start, end, before, sizeBefore: this.#size });
  }

  #reserve(end: number): void {
    if (end <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(end, this.#bytes.length * 2));
    this.#bytes.copy(grown);
    this.#bytes = grown;
  }

  /** What an fsync that begins now will cover. */
  get changes(): number {
    return this.#settled + this.#unsynced.length;
  }

  synced(changes: number): void {
    const covered = Math.max(0, changes - this.#settled - this.#lost);
    this.#settled += this.#unsynced.splice(this.#lost, covered).length;
  }

  /** The kernel takes the pages of a failed fsync for written. */
  syncFailed(): void {
    this.#lost = this.#unsynced.length;
  }

  surviving(survival: Survival, rng: Rng): Buffer {
    const written = this.contents();
    if (survival === 'everything') return written;
    const durable = this.#durable();
    return survival === 'nothing' ? durable : mixed(durable, written, survival, rng);
  }

  #durable(): Buffer {
    let size = this.#size;
    let bytes = this.contents();
    for (const { position, end, before, sizeBefore } of this.#unsynced.toReversed()) {
      if (sizeBefore > bytes.length) {
        bytes = Buffer.concat([bytes, Buffer.alloc(sizeBefore - bytes.length)]);
      }
      if (end > position) bytes.fill(0, position, Math.min(end, bytes.length));
      before.copy(bytes, position);
      if (sizeBefore < bytes.length) bytes.fill(0, sizeBefore);
      size = sizeBefore;
    }
    return Buffer.from(bytes.subarray(0, size));
  }
}

function mixed(durable: Buffer, written: Buffer, survival: Survival, rng: Rng): Buffer {
  const size = rng.below(2) === 0 ? written.length : Math.max(written.length, durable.length);
  const image = Buffer.alloc(size);
  durable.copy(image, 0, 0, Math.min(size, durable.length));
  for (let at = 0; at < written.length; at += SECTOR_BYTES) {
    const sector = written.subarray(at, at + SECTOR_BYTES);
    const changed = !sector.equals(durable.subarray(at, at + SECTOR_BYTES));
    if (!changed) continue;
    if (survival === 'leading sectors' && rng.below(3) === 0) break;
    if (survival === 'leading sectors' || rng.below(2) === 0) sector.copy(image, at);
  }
  return image;
}
