import type { Clock } from '@etcd-ts/foundation';

const NS_PER_MS = 1_000_000;

/** Nanoseconds since the epoch. Whole milliseconds stay whole: a double cannot hold the product. */
export function wallNs(clock: Clock): bigint {
  const wallMs = clock.wallMs();
  const wholeMs = Math.floor(wallMs);
  return BigInt(wholeMs) * BigInt(NS_PER_MS) + BigInt(Math.floor((wallMs - wholeMs) * NS_PER_MS));
}
