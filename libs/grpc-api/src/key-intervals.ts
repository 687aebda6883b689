import type { BinaryString } from '@etcd-ts/foundation';

interface Interval {
  readonly begin: string;
  /** Exclusive. */
  readonly end: string;
}

/**
 * A set of keys given as intervals. A request of 1.5 MiB has room for some 100,000 deletes and as
 * many puts: to compare each with each would hold the event loop for minutes, so what was added is
 * sorted and merged when somebody asks.
 */
export class KeyIntervals {
  /** Sorted, disjoint and not adjacent. */
  #merged: readonly Interval[] = [];
  #added: Interval[] = [];

  addKey(key: BinaryString): void {
    this.#added.push({ begin: key, end: `${key}\0` });
  }

  /** From `begin` up to, not including, `end`; nothing at all if that is not beyond. */
  addInterval(begin: BinaryString, end: BinaryString): void {
    if (begin < end) this.#added.push({ begin, end });
  }

  addAll(other: KeyIntervals): void {
    for (const interval of other.#merged) this.#added.push(interval);
    for (const interval of other.#added) this.#added.push(interval);
  }

  covers(key: BinaryString): boolean {
    if (this.#added.length > 0) this.#merge();
    let low = 0;
    let high = this.#merged.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#merged[middle]?.end ?? '') <= key) low = middle + 1;
      else high = middle;
    }
    const interval = this.#merged[low];
    return interval !== undefined && interval.begin <= key;
  }

  #merge(): void {
    const sorted = [...this.#merged, ...this.#added].sort(byBegin);
    this.#added = [];
    const merged: Interval[] = [];
    let last: Interval | undefined;
    for (const interval of sorted) {
      if (last !== undefined && interval.begin <= last.end) {
        if (interval.end <= last.end) continue;
        last = { begin: last.begin, end: interval.end };
        merged[merged.length - 1] = last;
      } else {
        last = interval;
        merged.push(interval);
      }
    }
    this.#merged = merged;
  }
}

const byBegin = (a: Interval, b: Interval): number =>
  a.begin < b.begin ? -1 : a.begin > b.begin ? 1 : 0;
