import type { LogLevel } from './levels.js';

const SECOND_MS = 1_000;
/** As etcd's logger: of the lines of a second that say the same, the first hundred, ... */
const FIRST = 100;
/** ... and then one of each hundred. */
const THEREAFTER = 100;

/**
 * A server that is overloaded has the same complaint about every request; to write all of them
 * would be a sixth of its work, when it can spare that least.
 */
export class LogSampling {
  readonly #said = new Map<string, number>();
  #second = -1;

  /** Whether the line is written. What says the last words of the process always is. */
  admits(level: LogLevel, message: string, monotonicMs: number): boolean {
    if (level === 'fatal') return true;
    const second = Math.floor(monotonicMs / SECOND_MS);
    if (second !== this.#second) {
      this.#second = second;
      this.#said.clear();
    }
    const times = (this.#said.get(message) ?? 0) + 1;
    this.#said.set(message, times);
    return times <= FIRST || (times - FIRST) % THEREAFTER === 0;
  }
}
