export { Client } from './client.js';
export type { ClientOptions } from './client.js';
export { observeLeaders } from './concurrency/election.js';
export type { Election, LeaderSeen } from './concurrency/election.js';
export type { Lock } from './concurrency/lock.js';
export { SessionLostError } from './concurrency/session.js';
export type { Session, SessionOptions } from './concurrency/session.js';
export type { StmAttempt, StmOptions } from './concurrency/stm.js';
export { allKeys, between, from, prefix } from './kv/key-range.js';
export type { Bytes, KeyRange, Keys } from './kv/key-range.js';
export { inwardKeyValue, Namespace, WHOLE_KEY_SPACE } from './kv/key-space.js';
export type { KeySpace } from './kv/key-space.js';
export type { Kv } from './kv/kv.js';
export type {
  DeleteOptions,
  Integer,
  Operation,
  PutOptions,
  RangeOptions,
  SortTarget,
} from './kv/requests.js';
export { compare, del, exists, get, isMissing, put } from './kv/txn.js';
export type { Comparison, Comparisons, Condition, Txn } from './kv/txn.js';
export type { KeeperEnd, LeaseKeeper } from './lease/lease-keeper.js';
export type { Leases } from './lease/leases.js';
export type { Namespaced } from './namespaced.js';
export type { Balance, Dial } from './routing/balancer.js';
export type { FailedAttempt } from './routing/caller.js';
export type { Credentials } from './routing/token-source.js';
export { ConnectionError } from './transport/call-failure.js';
export type { TlsOptions } from './transport/connection.js';
export type { Watch, WatchOptions, WatchUpdate } from './watch/watch.js';
export { CompactedError } from './watch/watch-error.js';
