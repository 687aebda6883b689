/**
 * The hot half of a metric: plain numbers behind inlined methods. prom-client's own counters and
 * histograms hash a label object on every call, which costs more than a whole protobuf decode;
 * here the labels are resolved once and the call site keeps the instrument.
 */
export class Counter {
  #value = 0;

  /** `by` must not be negative. */
  inc(by = 1): void {
    this.#value += by;
  }

  get value(): number {
    return this.#value;
  }
}

export class Gauge {
  #value = 0;

  set(value: number): void {
    this.#value = value;
  }

  inc(by = 1): void {
    this.#value += by;
  }

  dec(by = 1): void {
    this.#value -= by;
  }

  get value(): number {
    return this.#value;
  }
}

export class Histogram {
  readonly bounds: readonly number[];
  readonly #bounds: Float64Array;
  /** Observations per bucket, not cumulated; the last is the one to infinity. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds`: inclusive upper bounds, ascending. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#bounds = Float64Array.from(bounds);
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= (bounds[middle] as number)) high = middle;
      else low = middle + 1;
    }
    this.#counts[low] = (this.#counts[low] as number) + 1;
    this.#sum += value;
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    let count = 0;
    for (const bucket of this.#counts) count += bucket;
    return count;
  }

  /** Per bound (and last for infinity): how many observations were not above it. */
  cumulated(): readonly number[] {
    let count = 0;
    return Array.from(this.#counts, (bucket) => (count += bucket));
  }
}
