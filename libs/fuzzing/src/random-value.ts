import type { Rng } from '@etcd-ts/foundation';

export function pick<T>(rng: Rng, from: readonly T[]): T {
  return from[rng.below(from.length)] as T;
}

export function randomBytes(rng: Rng, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at++) bytes[at] = rng.below(256);
  return bytes;
}

/** From 0 to `max`, mostly short, at times exactly at the end of what is allowed. */
export function randomLength(rng: Rng, max: number): number {
  switch (rng.below(8)) {
    case 0:
      return 0;
    case 1:
      return rng.below(max + 1);
    case 2:
      return max - rng.below(Math.min(3, max + 1));
    default:
      return rng.below(Math.min(max, 24) + 1);
  }
}

/** Whole numbers where something changes: around powers of two, of either sign, and small ones. */
export function edgeNumber(rng: Rng): number {
  if (rng.below(3) === 0) return rng.below(17) - 1;
  const power = 2 ** pick(rng, [7, 8, 14, 15, 16, 21, 24, 28, 31, 32, 48, 53]);
  const value = power - 1 + rng.below(3);
  return rng.below(4) === 0 ? -value : value;
}

/** The same for what goes into 64 bits with a sign. */
export function edgeInt64(rng: Rng): bigint {
  if (rng.below(3) === 0) return BigInt(rng.below(17) - 1);
  const power = 1n << BigInt(pick(rng, [7, 8, 14, 16, 31, 32, 47, 53, 56, 62, 63]));
  const value = power - 1n + BigInt(rng.below(3));
  return BigInt.asIntN(64, rng.below(4) === 0 ? -value : value);
}
