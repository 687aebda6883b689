import type { Session, SessionOptions } from './concurrency/session.js';
import type { StmAttempt, StmOptions } from './concurrency/stm.js';
import type { Kv } from './kv/kv.js';
import type { Bytes, Keys } from './kv/key-range.js';
import type { Leases } from './lease/leases.js';
import type { Watch, WatchOptions } from './watch/watch.js';

/** What has keys in it: the client itself, or a namespace of it. */
export interface Namespaced {
  readonly kv: Kv;
  readonly lease: Leases;
  watch(keys: Keys, options?: WatchOptions): Watch;
  /** Everything below the prefix, under names without it. */
  namespace(prefix: Bytes): Namespaced;
  /** For locks and elections, under names of this space. */
  session(options?: SessionOptions): Promise<Session>;
  /** A transaction as a function of what it reads, repeated until nothing came in between. */
  stm<Result>(
    apply: (transaction: StmAttempt) => Promise<Result> | Result,
    options?: StmOptions,
  ): Promise<Result>;
}
