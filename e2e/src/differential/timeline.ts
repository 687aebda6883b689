import { chance, pick } from './universe.js';
import type { Rng } from '@etcd-ts/foundation';

/**
 * What the generator must know of the history so far to ask interesting questions: revisions near
 * the edges, leases that exist. It follows the original's answers.
 */
export class Timeline {
  currentRevision = 1;
  compactRevision = 0;
  readonly leases = new Set<bigint>();
  readonly #maybeTombstones = new Set<number>();

  /** The write at this revision may have deleted keys. */
  deletedAt(revision: number): void {
    this.#maybeTombstones.add(revision);
  }

  /** 0 mostly (now); else a revision in history, at its edges, or outside. */
  anyRevision(rng: Rng): bigint {
    const { currentRevision, compactRevision } = this;
    if (chance(rng, 0.6)) return 0n;
    if (chance(rng, 0.8)) {
      return BigInt(compactRevision + rng.below(currentRevision - compactRevision + 1));
    }
    return BigInt(
      pick(rng, [
        -1,
        1,
        compactRevision - 1,
        compactRevision,
        currentRevision,
        currentRevision + 1,
      ]),
    );
  }

  /**
   * A revision to compact to, or one that must be refused. Never one that deleted a key: 3.4 drops
   * a tombstone exactly at the compacted revision and 3.7 keeps it, so hashes differ by design.
   */
  compactionRevision(rng: Rng): bigint | undefined {
    if (chance(rng, 0.2)) return BigInt(pick(rng, [-1, 0, 1, this.currentRevision + 1]));
    const span = this.currentRevision - this.compactRevision;
    const revision = this.compactRevision + rng.below(span + 1);
    return this.#maybeTombstones.has(revision) ? undefined : BigInt(revision);
  }

  anyLease(rng: Rng): bigint {
    const known = [...this.leases];
    return known.length === 0 || chance(rng, 0.05) ? 424_242n : pick(rng, known);
  }
}
