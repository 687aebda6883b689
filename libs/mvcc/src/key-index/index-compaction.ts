import type { BinaryString } from '@etcd-ts/foundation';
import { Revision } from '@etcd-ts/foundation';
import type { RevisionId } from '../backend.js';
import { isTombstoneAt, newestAt, revisionIdAt } from './key-history.js';
import type { KeyHistory } from './key-history.js';
import type { KeyIndex } from './key-index.js';
import type { Leaf } from './node.js';

export interface CompactedSlice {
  /** No longer in the index: their rows can go. */
  readonly removed: readonly RevisionId[];
  /** Where the next slice starts; undefined when the last key has been seen. */
  readonly resumeKey: BinaryString | undefined;
}

/**
 * One slice of an index sweep: of each key, what is at or below `revision` goes, but for the newest
 * of those; that one goes too if it is a tombstone, unless it is a tombstone exactly AT `revision`:
 * a watch may still start there and needs the delete. It goes with the next compaction.
 *
 * `budget` bounds the work: a key counts one, and so does each removed revision, for a single key
 * may have millions.
 */
export function compactSlice(
  index: KeyIndex,
  revision: number,
  from: BinaryString,
  budget: number,
): CompactedSlice {
  const sweep = new SliceSweep(revision, budget);
  index.visitLeaves(from, (leaf, slot) => sweep.visit(leaf, slot));
  for (const key of sweep.deadKeys) index.remove(key);
  return { removed: sweep.removed, resumeKey: sweep.resumeKey };
}

class SliceSweep {
  readonly removed: RevisionId[] = [];
  /** Removed from the tree after the walk, which must not see it change. */
  readonly deadKeys: BinaryString[] = [];
  resumeKey: BinaryString | undefined;
  readonly #revision: number;
  readonly #budget: number;
  #keys = 0;

  constructor(revision: number, budget: number) {
    this.#revision = revision;
    this.#budget = budget;
  }

  visit(leaf: Leaf, firstSlot: number): boolean {
    // Nothing behind the resume key here: counting it as work would stop at the same key for ever.
    if (firstSlot === leaf.keys.length) return true;
    if (leaf.pristine) {
      this.#keys++;
      return this.#goOn(leaf.keys.at(-1), true);
    }
    for (let slot = firstSlot; slot < leaf.keys.length; slot++) {
      this.#keys++;
      const complete = this.#compactKey(leaf, slot);
      if (!this.#goOn(leaf.keys[slot], complete)) {
        leaf.trimHistories();
        return false;
      }
    }
    leaf.trimHistories();
    return true;
  }

  get #left(): number {
    return this.#budget - this.#keys - this.removed.length;
  }

  /** Whether the walk may go on behind `key`; if not, notes where the next slice starts. */
  #goOn(key: BinaryString | undefined, complete: boolean): boolean {
    if (complete && (this.#left > 0 || key === undefined)) return true;
    // The smallest key behind this one is this one and a zero byte.
    this.resumeKey = complete ? `${key}\0` : key;
    return false;
  }

  /** False if the budget ended in the middle of the key's history. */
  #compactKey(leaf: Leaf, slot: number): boolean {
    const history = leaf.history(slot);
    const main = leaf.main(slot);
    const newestIsOld = main <= this.#revision;
    if (history !== undefined) {
      const wanted = newestIsOld ? history.length : this.#removable(history);
      const taken = Math.min(wanted, 2 * Math.max(this.#left, 1));
      for (let at = 0; at < taken; at += 2) this.removed.push(revisionIdAt(history, at));
      if (taken === history.length) leaf.setHistory(slot, undefined);
      else if (taken > 0) leaf.setHistory(slot, history.slice(taken));
      if (taken < wanted) return false;
    }
    if (leaf.version(slot) === 0 && main < this.#revision) {
      this.removed.push({ main: Revision(main), sub: leaf.sub(slot) });
      this.deadKeys.push(leaf.keys[slot] as BinaryString);
    }
    return true;
  }

  /** How many numbers from the front of the history can go. */
  #removable(history: KeyHistory): number {
    const newest = newestAt(history, this.#revision);
    if (newest < 0) return 0;
    const dead = isTombstoneAt(history, newest) && (history[newest] as number) < this.#revision;
    return dead ? newest + 2 : newest;
  }
}
