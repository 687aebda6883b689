import { DynamicTable } from '../hpack/dynamic-table.js';
import type { HeaderField } from '../hpack/header-field.js';
import { HUFFMAN_CODES } from '../hpack/huffman-code.js';
import { STATIC_TABLE, STATIC_TABLE_LENGTH } from '../hpack/static-table.js';

const CODES = new Map(HUFFMAN_CODES.map((code) => [code.symbol, code]));

/** For specs: the plain way, bit by bit. */
export function encodeHuffman(text: string): Buffer {
  let bits = '';
  for (const byte of Buffer.from(text, 'latin1')) {
    const { code, bits: length } = CODES.get(byte) ?? { code: 0, bits: 0 };
    bits += code.toString(2).padStart(length, '0');
  }
  bits += '1'.repeat((8 - (bits.length % 8)) % 8);
  return Buffer.from((bits.match(/.{8}/gu) ?? []).map((byte) => parseInt(byte, 2)));
}

export function encodeInteger(pattern: number, prefixBits: number, value: number): Buffer {
  const mask = 2 ** prefixBits - 1;
  if (value < mask) return Buffer.of(pattern | value);
  const bytes = [pattern | mask];
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

export function encodeString(text: string, huffman: boolean): Buffer {
  const bytes = huffman ? encodeHuffman(text) : Buffer.from(text, 'latin1');
  return Buffer.concat([encodeInteger(huffman ? 0x80 : 0, 7, bytes.length), bytes]);
}

export type Indexing = 'incremental' | 'without' | 'never';

const LITERALS = {
  incremental: [0x40, 6],
  without: [0x00, 4],
  never: [0x10, 4],
} as const;

/** For specs: an encoder that does all that RFC 7541 allows, as it is told. */
export class HpackEncoder {
  readonly #table: DynamicTable;

  constructor(tableBytes = 4096) {
    this.#table = new DynamicTable(tableBytes);
  }

  resize(bytes: number): Buffer {
    this.#table.resize(bytes);
    return encodeInteger(0x20, 5, bytes);
  }

  /** An index if the field is in a table, else a literal, with an indexed name if there is one. */
  field(field: HeaderField, huffman = true, indexing: Indexing = 'incremental'): Buffer {
    const whole = this.#indexOf(
      (known) => known.name === field.name && known.value === field.value,
    );
    if (whole > 0) return encodeInteger(0x80, 7, whole);
    const name = this.#indexOf((known) => known.name === field.name);
    const [pattern, prefixBits] = LITERALS[indexing];
    if (indexing === 'incremental') this.#table.add(field);
    return Buffer.concat([
      encodeInteger(pattern, prefixBits, name),
      ...(name === 0 ? [encodeString(field.name, huffman)] : []),
      encodeString(field.value, huffman),
    ]);
  }

  block(fields: readonly HeaderField[], huffman = true, indexing?: Indexing): Buffer {
    return Buffer.concat(fields.map((field) => this.field(field, huffman, indexing)));
  }

  #indexOf(matches: (field: HeaderField) => boolean): number {
    const fixed = STATIC_TABLE.findIndex(matches);
    if (fixed >= 0) return fixed + 1;
    for (let at = 0; at < this.#table.length; at++) {
      const field = this.#table.at(at);
      if (field !== undefined && matches(field)) return STATIC_TABLE_LENGTH + 1 + at;
    }
    return 0;
  }
}
