import type { BinaryString } from '@etcd-ts/foundation';

/** Greater than every key: the characters of a BinaryString end at 0xff. */
export const END_OF_KEYS = '\u0100';

export interface Interval {
  readonly begin: BinaryString;
  /** Exclusive; END_OF_KEYS: none. */
  readonly end: BinaryString;
}

/**
 * A fixed set of keys: the union of intervals, kept sorted, disjoint and not adjacent, so that a
 * question is one binary search however many permissions a user has been granted.
 */
export class IntervalSet {
  readonly #begins: readonly BinaryString[];
  readonly #ends: readonly BinaryString[];

  /** Intervals that end where or before they begin hold no keys. */
  constructor(intervals: Iterable<Interval>) {
    const sorted = [...intervals]
      .filter(({ begin, end }) => begin < end)
      .sort((a, b) => (a.begin < b.begin ? -1 : a.begin > b.begin ? 1 : 0));
    const begins: BinaryString[] = [];
    const ends: BinaryString[] = [];
    for (const { begin, end } of sorted) {
      const last = ends.length - 1;
      const lastEnd = ends[last];
      if (lastEnd === undefined || lastEnd < begin) {
        begins.push(begin);
        ends.push(end);
      } else if (lastEnd < end) {
        ends[last] = end;
      }
    }
    this.#begins = begins;
    this.#ends = ends;
  }

  has(key: BinaryString): boolean {
    const end = this.#endAt(key);
    return end !== undefined && key < end;
  }

  /** Whether every key of [begin, end) is in the set; of an empty interval, whether `begin` is. */
  covers({ begin, end }: Interval): boolean {
    const found = this.#endAt(begin);
    return found !== undefined && begin < found && end <= found;
  }

  /** The disjoint intervals, ascending. */
  *[Symbol.iterator](): Generator<Interval, void, undefined> {
    for (const [at, begin] of this.#begins.entries()) {
      yield { begin, end: this.#ends[at] ?? END_OF_KEYS };
    }
  }

  /** The end of the last interval that begins at or before the key. */
  #endAt(key: BinaryString): BinaryString | undefined {
    let low = 0;
    let high = this.#begins.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#begins[middle] as BinaryString) <= key) low = middle + 1;
      else high = middle;
    }
    return this.#ends[low - 1];
  }
}
