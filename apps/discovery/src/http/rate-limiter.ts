import type { Clock } from '@etcd-ts/foundation';

/** Addresses remembered: a few megabytes. Beyond, the ones that were quiet longest are forgotten. */
const MAX_ADDRESSES = 50_000;
const MINUTE_MS = 60_000;

interface Bucket {
  level: number;
  atMs: number;
}

/** A bucket for each address: full it holds a minute's worth, and it fills up evenly. */
export class RateLimiter {
  readonly #perMinute: number;
  readonly #clock: Clock;
  /** In order of last use. */
  readonly #buckets = new Map<string, Bucket>();

  /** `perMinute` 0: no limit. */
  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /** 0 when the request may pass; otherwise the seconds until one may. */
  take(address: string): number {
    if (this.#perMinute === 0) return 0;
    const key = networkOf(address);
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(key) ?? { level: this.#perMinute, atMs: nowMs };
    const refill = ((nowMs - bucket.atMs) * this.#perMinute) / MINUTE_MS;
    bucket.level = Math.min(this.#perMinute, bucket.level + refill);
    bucket.atMs = nowMs;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#forget();
    if (bucket.level >= 1) {
      bucket.level -= 1;
      return 0;
    }
    return Math.ceil(((1 - bucket.level) * 60) / this.#perMinute);
  }

  #forget(): void {
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= MAX_ADDRESSES) return;
      this.#buckets.delete(key);
    }
  }
}

/** One user of IPv6 has a /64 of addresses at least, so that is what counts as one. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().replace(/%.*$/u, '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(gap).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/u, ''))
    .join(':')}::/64`;
}
