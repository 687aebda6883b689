/** A set of (main, sub); nearly all have sub 0, which costs one number each. */
export class RevisionSet {
  readonly #mains = new Set<number>();
  readonly #subs = new Map<number, Set<number>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(main: number, sub: number): void {
    if (this.has(main, sub)) return;
    this.#size++;
    if (sub === 0) {
      this.#mains.add(main);
      return;
    }
    const subs = this.#subs.get(main);
    if (subs === undefined) this.#subs.set(main, new Set([sub]));
    else subs.add(sub);
  }

  has(main: number, sub: number): boolean {
    if (this.#size === 0) return false;
    return sub === 0 ? this.#mains.has(main) : this.#subs.get(main)?.has(sub) === true;
  }

  *[Symbol.iterator](): Generator<readonly [main: number, sub: number]> {
    for (const main of this.#mains) yield [main, 0];
    for (const [main, subs] of this.#subs) for (const sub of subs) yield [main, sub];
  }
}
