const FIRST_CAPACITY = 1 << 16;

/** Milliseconds, one after the other, without an object for each. */
export class LatencySamples {
  #values = new Float64Array(FIRST_CAPACITY);
  #length = 0;

  add(milliseconds: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = milliseconds;
  }

  values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }
}
