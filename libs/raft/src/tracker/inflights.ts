import { assert } from '@etcd-ts/foundation';

/**
 * The append messages on their way to one follower, by the last index each carries, in a ring that
 * is allocated as it fills: most followers never have hundreds of messages under way.
 */
export class Inflights {
  readonly #capacity: number;
  #ring: number[] = [];
  #start = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get count(): number {
    return this.#count;
  }

  full(): boolean {
    return this.#count === this.#capacity;
  }

  add(lastIndex: number): void {
    assert(!this.full(), 'append sent beyond the in-flight limit');
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[(this.#start + this.#count) % this.#ring.length] = lastIndex;
    this.#count++;
  }

  /** Everything up to `index` has arrived, including messages whose own answer was lost. */
  freeUpTo(index: number): void {
    while (this.#count > 0 && (this.#ring[this.#start] as number) <= index) {
      this.#start = (this.#start + 1) % this.#ring.length;
      this.#count--;
    }
  }

  reset(): void {
    this.#start = 0;
    this.#count = 0;
  }

  #grow(): void {
    const size = Math.min(this.#capacity, Math.max(8, this.#ring.length * 2));
    const ring = this.#ring.slice(this.#start).concat(this.#ring.slice(0, this.#start));
    while (ring.length < size) ring.push(0);
    this.#ring = ring;
    this.#start = 0;
  }
}
