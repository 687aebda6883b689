import type { Rng } from '@etcd-ts/foundation';

/** How messages fare on all links, where nothing else is said. */
export interface NetworkWeather {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Shares of messages, 0..1. */
  readonly dropped: number;
  readonly duplicated: number;
  /** May overtake those before them; else a link keeps the order, as a stream does. */
  readonly reordered: number;
}

export const FINE_WEATHER: NetworkWeather = {
  minDelayMs: 0.2,
  maxDelayMs: 1,
  dropped: 0,
  duplicated: 0,
  reordered: 0,
};

/** One direction between two machines. */
export class Link {
  #cut = false;
  #weather: NetworkWeather | undefined;
  #sinceMs: number;
  #lastArrivalMs = 0;

  readonly #salt: number | undefined;

  /**
   * With a `salt` the delays in fine weather follow from the moment alone: how many messages went before
   * makes no difference, and heartbeats can be left out.
   */
  constructor(sinceMs: number, salt?: number) {
    this.#sinceMs = sinceMs;
    this.#salt = salt;
  }

  get isFine(): boolean {
    return !this.#cut && this.#weather === undefined;
  }

  get isCut(): boolean {
    return this.#cut;
  }

  /** Since when messages get through. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  cut(): void {
    this.#cut = true;
  }

  heal(nowMs: number): void {
    this.#weather = undefined;
    if (!this.#cut) return;
    this.#cut = false;
    this.#sinceMs = nowMs;
  }

  disturb(weather: NetworkWeather): void {
    this.#weather = weather;
  }

  /** When a message that leaves now arrives: never, once or twice. */
  arrivals(nowMs: number, general: NetworkWeather, rng: Rng, mayRepeat = false): readonly number[] {
    const weather = this.#weather ?? general;
    if (this.#salt !== undefined && weather === FINE_WEATHER && !this.#cut) {
      return [this.#steadyArrival(nowMs, this.#salt)];
    }
    if (this.#cut || chance(rng, weather.dropped)) return [];
    const times = [this.#arrival(nowMs, weather, rng)];
    if (mayRepeat && chance(rng, weather.duplicated))
      times.push(this.#arrival(nowMs, weather, rng));
    return times;
  }

  #steadyArrival(nowMs: number, salt: number): number {
    const { minDelayMs, maxDelayMs } = FINE_WEATHER;
    const atMs = nowMs + minDelayMs + shareOf(nowMs, salt) * (maxDelayMs - minDelayMs);
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, atMs);
    return this.#lastArrivalMs;
  }

  #arrival(nowMs: number, weather: NetworkWeather, rng: Rng): number {
    const { minDelayMs, maxDelayMs } = weather;
    const atMs = nowMs + minDelayMs + rng.next() * (maxDelayMs - minDelayMs);
    if (chance(rng, weather.reordered)) return atMs;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, atMs);
    return this.#lastArrivalMs;
  }
}

const moment = new Float64Array(1);
const halves = new Uint32Array(moment.buffer);

/** Something in [0, 1) that looks like chance. */
function shareOf(nowMs: number, salt: number): number {
  moment[0] = nowMs;
  let bits = salt;
  for (const half of halves) {
    bits = Math.imul(bits ^ half, 0x9e3779b1);
    bits ^= bits >>> 15;
  }
  bits = Math.imul(bits, 0x85ebca6b);
  return ((bits ^ (bits >>> 13)) >>> 0) / 2 ** 32;
}

/** Draws nothing for what cannot happen: a calm run does not depend on chances it does not take. */
export function chance(rng: Rng, share: number): boolean {
  return share > 0 && rng.next() < share;
}
