/** Undefined when the bytes fit, so that the common case costs no promise; else it rejects. */
export type SpaceCheck = (costBytes: number) => Promise<never> | undefined;

/** An alarm that ended at the limit would be raised by the next write. */
const ROOM = 0.9;

/** Whether the backend may grow: --quota-backend-bytes against its present size. */
export class Quota {
  readonly #limitBytes: number;
  readonly #sizeBytes: () => number;

  /** A negative limit means none. */
  constructor(limitBytes: number, sizeBytes: () => number) {
    this.#limitBytes = limitBytes;
    this.#sizeBytes = sizeBytes;
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Enough for writes to go on for a while: below nine tenths of the limit. */
  get hasRoom(): boolean {
    return this.#limitBytes < 0 || this.#sizeBytes() < this.#limitBytes * ROOM;
  }

  allows(costBytes: number): boolean {
    return this.#limitBytes < 0 || this.#sizeBytes() + costBytes < this.#limitBytes;
  }
}
