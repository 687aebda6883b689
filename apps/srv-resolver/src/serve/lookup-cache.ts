import type { ServiceLookup } from '@etcd-ts/bootstrap';
import type { Clock } from '@etcd-ts/foundation';

/** Domains remembered: a few kilobytes each. */
const MAX_ENTRIES = 1000;
/** Questions to DNS at a time; more of them wait for nobody and are refused. */
const MAX_PENDING = 100;

export interface CachedLookup {
  readonly services: readonly ServiceLookup[];
  /** What is left of its life, rounded down. */
  readonly ttlSeconds: number;
  readonly wasCached: boolean;
}

interface Entry {
  readonly services: readonly ServiceLookup[];
  readonly goodUntilMs: number;
}

export interface LookupCacheOptions {
  readonly lookUp: (domain: string, suffix: string) => Promise<readonly ServiceLookup[]>;
  readonly maxTtlMs: number;
  readonly clock: Clock;
}

/** Lookups by domain and suffix, each as good as long as DNS said; one question for all who ask. */
export class LookupCache {
  readonly #options: LookupCacheOptions;
  /** In order of last use. */
  readonly #entries = new Map<string, Entry>();
  readonly #pending = new Map<string, Promise<Entry>>();

  constructor(options: LookupCacheOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Undefined when too many others are asked for already. */
  async get(domain: string, suffix: string): Promise<CachedLookup | undefined> {
    // Neither can have a space in it.
    const key = `${domain} ${suffix}`;
    const nowMs = this.#options.clock.monotonicMs();
    const known = this.#entries.get(key);
    if (known !== undefined && known.goodUntilMs > nowMs) {
      this.#remember(key, known);
      return this.#answer(known, true);
    }
    const pending = this.#pending.get(key);
    if (pending !== undefined) return this.#answer(await pending, true);
    if (this.#pending.size >= MAX_PENDING) return undefined;
    const asked = this.#ask(key, domain, suffix);
    this.#pending.set(key, asked);
    try {
      return this.#answer(await asked, false);
    } finally {
      this.#pending.delete(key);
    }
  }

  async #ask(key: string, domain: string, suffix: string): Promise<Entry> {
    const { lookUp, maxTtlMs, clock } = this.#options;
    const services = await lookUp(domain, suffix);
    const ttlMs = Math.min(maxTtlMs, ...services.map(({ ttlSeconds }) => ttlSeconds * 1000));
    const entry = { services, goodUntilMs: clock.monotonicMs() + ttlMs };
    this.#remember(key, entry);
    return entry;
  }

  #answer({ services, goodUntilMs }: Entry, wasCached: boolean): CachedLookup {
    const leftMs = Math.max(0, goodUntilMs - this.#options.clock.monotonicMs());
    return { services, ttlSeconds: Math.floor(leftMs / 1000), wasCached };
  }

  #remember(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES) return;
      this.#entries.delete(oldest);
    }
  }
}
