import type { Kv } from './kv/kv.js';
import type { Keys } from './kv/key-range.js';
import type { Leases } from './lease/leases.js';
import type { Watch, WatchOptions } from './watch/watch.js';

/** What has keys in it: the client itself, or a namespace of it. */
export interface Namespaced {
  readonly kv: Kv;
  readonly lease: Leases;
  watch(keys: Keys, options?: WatchOptions): Watch;
}
