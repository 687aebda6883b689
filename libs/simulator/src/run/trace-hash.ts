/** FNV's prime: what is mixed in early reaches all bits. */
const PRIME = 0x01000193;

/** A digest of all that happens in a simulation: two equal runs have equal ones. Not for secrets. */
export class TraceHash {
  readonly #double = new Float64Array(1);
  readonly #halves = new Uint32Array(this.#double.buffer);
  #hash = 0x811c9dc5;

  get value(): number {
    return this.#hash >>> 0;
  }

  number(value: number): void {
    this.#double[0] = value;
    this.#mix(this.#halves[0] as number);
    this.#mix(this.#halves[1] as number);
  }

  text(value: string): void {
    for (let i = 0; i < value.length; i++) this.#mix(value.charCodeAt(i));
  }

  #mix(bits: number): void {
    const mixed = Math.imul(this.#hash ^ bits, PRIME);
    this.#hash = mixed ^ (mixed >>> 15);
  }
}
