import type { Clock } from '@etcd-ts/foundation';
import type { RangeResponse } from '@etcd-ts/wire-protocol';

/** As the original. */
const MAX_ENTRIES = 2048;
/** Of one answer and of all; the original has no such limits and can be filled with large ranges. */
const MAX_ENTRY_BYTES = 256 * 1024;
const MAX_BYTES = 64 * 1024 * 1024;
/**
 * A serializable answer may be old, but somebody must be able to say how old. Writes that come
 * through other proxies, or permissions that are taken away, are seen after this time. (The
 * original keeps answers until they are pushed out.)
 */
const MAX_AGE_MS = 1_000;
/** Invalidations remembered for reads that are under way; a read older than these is not kept. */
const REMEMBERED_INVALIDATIONS = 256;

/** Keys as binary strings, so that they compare in the order of bytes; `end` undefined: one key. */
export interface CachedKeys {
  readonly start: string;
  readonly end: string | undefined;
}

interface Entry {
  readonly keys: CachedKeys;
  readonly response: RangeResponse;
  readonly bytes: number;
  readonly addedMs: number;
}

/** The moment before a read was asked for: what was written since may not be in its answer. */
export type ReadStamp = number & { readonly brand: 'ReadStamp' };

/** Answers to serializable reads, under everything that could make two of them differ. */
export class RangeCache {
  readonly #clock: Clock;
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry>();
  readonly #invalidations: CachedKeys[] = [];
  #invalidated = 0;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): RangeResponse | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    this.#entries.delete(id);
    if (this.#clock.monotonicMs() - entry.addedMs > MAX_AGE_MS) {
      this.#bytes -= entry.bytes;
      return undefined;
    }
    this.#entries.set(id, entry);
    return entry.response;
  }

  stamp(): ReadStamp {
    return this.#invalidated as ReadStamp;
  }

  /** Unless one of its keys was written while the read was under way. */
  add(id: string, keys: CachedKeys, response: RangeResponse, stamp: ReadStamp): void {
    const bytes = sizeOf(response) + id.length;
    if (bytes > MAX_ENTRY_BYTES || this.#isOutdated(keys, stamp)) return;
    this.#remove(id);
    this.#entries.set(id, { keys, response, bytes, addedMs: this.#clock.monotonicMs() });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES && this.#bytes <= MAX_BYTES) break;
      this.#remove(oldest);
    }
  }

  invalidate(keys: CachedKeys): void {
    this.#invalidations[this.#invalidated++ % REMEMBERED_INVALIDATIONS] = keys;
    for (const [id, entry] of this.#entries) if (overlap(entry.keys, keys)) this.#remove(id);
  }

  /** After a compaction: some of what is kept the cluster would not answer any more. */
  clear(): void {
    this.invalidate({ start: '', end: EVERYTHING });
  }

  #isOutdated(keys: CachedKeys, stamp: ReadStamp): boolean {
    const since = this.#invalidated - stamp;
    if (since > REMEMBERED_INVALIDATIONS) return true;
    for (let i = stamp; i < this.#invalidated; i++) {
      const written = this.#invalidations[i % REMEMBERED_INVALIDATIONS];
      if (written !== undefined && overlap(keys, written)) return true;
    }
    return false;
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#bytes -= entry.bytes;
  }
}

/** Above every key: binary strings have no character beyond 255. */
const EVERYTHING = '\u0100';

export function cachedKeys({ key, rangeEnd }: { key: Buffer; rangeEnd: Buffer }): CachedKeys {
  const start = key.toString('latin1');
  if (rangeEnd.length === 0) return { start, end: undefined };
  const isOpen = rangeEnd.length === 1 && rangeEnd[0] === 0;
  return { start, end: isOpen ? EVERYTHING : rangeEnd.toString('latin1') };
}

function overlap(a: CachedKeys, b: CachedKeys): boolean {
  return isBelowEnd(a.start, b) && isBelowEnd(b.start, a);
}

const isBelowEnd = (key: string, { start, end }: CachedKeys): boolean =>
  end === undefined ? key <= start : key < end;

function sizeOf({ kvs }: RangeResponse): number {
  const overhead = 200;
  return kvs.reduce((sum, { key, value }) => sum + key.length + value.length + overhead, overhead);
}
