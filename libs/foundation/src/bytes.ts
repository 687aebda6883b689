export const EMPTY_BYTES: Uint8Array = new Uint8Array(0);

/** Unsigned byte order; a prefix sorts before what it is a prefix of. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * A key as a string with one character (0..255) per byte. V8 stores it in one byte a character,
 * hashes it once and compares it with memcmp, and `<` on such strings is exactly byte order:
 * a third of the memory of a Uint8Array and usable as a Map key.
 */
export type BinaryString = string;

export function toBinaryString(bytes: Uint8Array): BinaryString {
  return asBuffer(bytes).toString('latin1');
}

export function fromBinaryString(text: BinaryString): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** The same memory as a Buffer, whose methods are native. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Below this a loop is faster than the call into native code that `set` is. */
const LOOP_BYTES = 32;

/** Copies `bytes`, or what of them is from `start` to `end`. Returns where they end. */
export function writeBytes(
  out: Uint8Array,
  at: number,
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): number {
  const length = end - start;
  if (length > LOOP_BYTES) {
    out.set(length === bytes.length ? bytes : bytes.subarray(start, end), at);
  } else {
    for (let i = 0; i < length; i++) out[at + i] = bytes[start + i] as number;
  }
  return at + length;
}

/**
 * The smallest key greater than every key with this prefix, as etcd's clients compute it:
 * the last byte below 0xff plus one; a single 0x00 ("everything from the key on") when there is none.
 */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const byte = prefix[i] as number;
    if (byte < 0xff) {
      // A copy: a Buffer's own slice would share the memory and the caller's prefix would change.
      const end = Uint8Array.prototype.slice.call(prefix, 0, i + 1);
      end[i] = byte + 1;
      return end;
    }
  }
  return Uint8Array.of(0);
}
