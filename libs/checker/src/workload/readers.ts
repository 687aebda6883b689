import type { Rng } from '@etcd-ts/foundation';

import type { Operation, Range } from '../operation.js';
import { pick } from './workload.js';
import type { Workload } from './workload.js';

export interface ReaderOptions {
  /** Of all reads: those that may be old. */
  readonly serializableShare?: number;
}

const SERIALIZABLE_SHARE = 1 / 8;

/**
 * Reads and nothing else, of what the others write. A writer that asked a member without a quorum
 * waits for its answer; a reader finds out what that member takes for the truth all the while.
 */
export class ReaderWorkload implements Workload {
  readonly #ranges: readonly Range[];
  readonly #serializableShare: number;

  constructor(prefixes: readonly string[], options: ReaderOptions = {}) {
    this.#serializableShare = options.serializableShare ?? SERIALIZABLE_SHARE;
    this.#ranges = prefixes.flatMap((prefix): Range[] => [
      { kind: 'range', key: prefix, rangeEnd: `${prefix}~`, limit: 3 },
      { kind: 'range', key: `${prefix}0` },
    ]);
  }

  next(_client: number, rng: Rng): Operation {
    const range = pick(rng, this.#ranges);
    return rng.next() < this.#serializableShare ? { ...range, serializable: true } : range;
  }

  learn(): void {
    // What a reader asks next does not depend on what it has read.
  }
}
