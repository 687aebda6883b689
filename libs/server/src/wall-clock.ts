import type { Clock } from '@etcd-ts/foundation';

const NS_PER_MS = 1_000_000;

/** Nanoseconds since the epoch, in steps of some hundred: what a double can tell apart. */
export function wallNs(clock: Clock): bigint {
  return BigInt(Math.round(clock.wallMs() * NS_PER_MS));
}
