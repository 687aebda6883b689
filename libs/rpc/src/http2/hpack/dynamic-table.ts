import type { HeaderField } from './header-field.js';
import { fieldSize } from './header-field.js';

/**
 * RFC 7541, section 2.3.2: the fields that were added last, newest first, as many as fit. Old ones
 * leave when a new one needs their room.
 */
export class DynamicTable {
  /** Oldest first, from `#first` on: taking the oldest away moves nothing. */
  #fields: HeaderField[] = [];
  #first = 0;
  #size = 0;
  #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get length(): number {
    return this.#fields.length - this.#first;
  }

  get size(): number {
    return this.#size;
  }

  /** 0 is the newest. */
  at(index: number): HeaderField | undefined {
    return index < this.length ? this.#fields[this.#fields.length - 1 - index] : undefined;
  }

  /** A field larger than the table empties it and is not kept. */
  add(field: HeaderField): void {
    const size = fieldSize(field);
    this.#evictTo(this.#maxSize - size);
    if (size > this.#maxSize) return;
    this.#fields.push(field);
    this.#size += size;
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evictTo(maxSize);
  }

  #evictTo(size: number): void {
    while (this.#size > size && this.#first < this.#fields.length) {
      this.#size -= fieldSize(this.#fields[this.#first++] as HeaderField);
    }
    // The dead front is at most as long as the living rest: cutting it off costs O(1) an addition.
    if (this.#first > this.length) {
      this.#fields = this.#fields.slice(this.#first);
      this.#first = 0;
    }
  }
}
