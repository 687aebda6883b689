/** gRPC's frame around a message: a flag and a length. */
export const PREFIX_BYTES = 5;

/** Longer messages cost so much themselves that a prefix of their own does not matter. */
const MAX_SHARED_LENGTH = 4_096;
const SHARED: (Uint8Array | undefined)[] = [];

/**
 * Nobody may write to it: those of short messages are shared. Making five bytes costs as much as
 * sending a small message does, and an event that goes to a thousand watchers has one length.
 */
export function prefixOf(length: number, compressed: boolean): Uint8Array {
  if (compressed || length > MAX_SHARED_LENGTH) return makePrefix(length, compressed);
  let prefix = SHARED[length];
  if (prefix === undefined) {
    prefix = makePrefix(length, false);
    SHARED[length] = prefix;
  }
  return prefix;
}

function makePrefix(length: number, compressed: boolean): Uint8Array {
  return Uint8Array.of(compressed ? 1 : 0, length >>> 24, length >>> 16, length >>> 8, length);
}
