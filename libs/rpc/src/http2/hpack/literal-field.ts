import type { HeaderField } from './header-field.js';

const MAX_PREFIX_7 = 127;

/**
 * A field as "literal without indexing, new name" (RFC 7541, section 6.2.2): it depends on no table,
 * so such blocks can be made once and sent on every connection. Not Huffman-coded: it would save a
 * quarter of bytes that hardly matter, and costs time for each.
 */
export function literalField(field: HeaderField): Buffer {
  return Buffer.concat([Buffer.of(0x00), literalString(field.name), literalString(field.value)]);
}

/** "Literal with incremental indexing, new name": the peer keeps the field in its table. */
export function indexedLiteralField(field: HeaderField): Buffer {
  return Buffer.concat([Buffer.of(0x40), literalString(field.name), literalString(field.value)]);
}

/** RFC 7541, section 6.3, with the size in 5 bits and what follows. */
export function tableSizeUpdate(size: number): Buffer {
  return prefixedInteger(0x20, 5, size);
}

/** RFC 7541, section 6.1. */
export function indexedField(index: number): Buffer {
  return prefixedInteger(0x80, 7, index);
}

function literalString(text: string): Buffer {
  return Buffer.concat([prefixedInteger(0x00, 7, text.length), Buffer.from(text, 'latin1')]);
}

function prefixedInteger(pattern: number, prefixBits: number, value: number): Buffer {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return Buffer.of(pattern | value);
  const bytes = [pattern | mask];
  let rest = value - mask;
  for (; rest > MAX_PREFIX_7; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
