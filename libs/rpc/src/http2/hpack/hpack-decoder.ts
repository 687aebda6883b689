import { DynamicTable } from './dynamic-table.js';
import type { HeaderField } from './header-field.js';
import { fieldSize } from './header-field.js';
import { HpackError } from './hpack-error.js';
import { decodeHuffman } from './huffman-decoder.js';
import { STATIC_TABLE, STATIC_TABLE_LENGTH } from './static-table.js';

export interface HeaderList {
  readonly fields: readonly HeaderField[];
  /** The list was longer than allowed: what came after is missing. The tables are right. */
  readonly truncated: boolean;
}

export interface HpackDecoderOptions {
  /** What we let the peer use for its table: SETTINGS_HEADER_TABLE_SIZE. */
  readonly maxTableBytes: number;
  readonly maxListBytes: number;
}

/** More than any length or index that could be right; keeps integers far from 2^31. */
const MAX_INTEGER = 2 ** 28;

/** RFC 7541. One for each connection: blocks must be decoded in the order they came, all of them. */
export class HpackDecoder {
  readonly #options: HpackDecoderOptions;
  readonly #table: DynamicTable;
  #generation = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  constructor(options: HpackDecoderOptions) {
    this.#options = options;
    this.#table = new DynamicTable(options.maxTableBytes);
  }

  /**
   * Changes with the dynamic table. Between two changes, equal bytes mean equal fields: a block that
   * left the generation as it was may be answered from a cache while it lasts.
   */
  get generation(): number {
    return this.#generation;
  }

  /** The bytes are not kept. Throws an HpackError; nothing can be decoded after that. */
  decode(bytes: Buffer, start: number, end: number): HeaderList {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    const fields: HeaderField[] = [];
    let room = this.#options.maxListBytes;
    while (this.#at < end) {
      const first = bytes[this.#at] as number;
      if ((first & 0xe0) === 0x20) {
        if (fields.length > 0) throw new HpackError('a table size update after a field');
        this.#resizeTable();
        continue;
      }
      const field = this.#field(first);
      room -= fieldSize(field);
      if (room >= 0) fields.push(field);
    }
    this.#bytes = NOTHING;
    return { fields, truncated: room < 0 };
  }

  #field(first: number): HeaderField {
    if ((first & 0x80) !== 0) return this.#indexed(this.#integer(7));
    if ((first & 0x40) !== 0) {
      const field = this.#literal(6);
      this.#table.add(field);
      this.#generation++;
      return field;
    }
    // Without indexing, or never indexed: the same for who forwards nothing.
    return this.#literal(4);
  }

  #literal(prefixBits: number): HeaderField {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.#indexed(index).name;
    return { name, value: this.#string() };
  }

  #indexed(index: number): HeaderField {
    const field =
      index <= STATIC_TABLE_LENGTH
        ? STATIC_TABLE[index - 1]
        : this.#table.at(index - STATIC_TABLE_LENGTH - 1);
    if (field === undefined) throw new HpackError(`no field has the index ${index}`);
    return field;
  }

  #resizeTable(): void {
    const size = this.#integer(5);
    if (size > this.#options.maxTableBytes) throw new HpackError('a table larger than allowed');
    this.#table.resize(size);
    this.#generation++;
  }

  /** RFC 7541, section 5.1. */
  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = (this.#bytes[this.#at++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      if (this.#at >= this.#end) throw new HpackError('the block ends within an integer');
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      // Also ends a run of 0x80, which says nothing and could go on for ever.
      if (value > MAX_INTEGER || shift > 28) throw new HpackError('an integer too large');
      if ((byte & 0x80) === 0) return value;
    }
  }

  #string(): string {
    if (this.#at >= this.#end) throw new HpackError('the block ends where a string should begin');
    const huffman = ((this.#bytes[this.#at] as number) & 0x80) !== 0;
    const length = this.#integer(7);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#end) throw new HpackError('the block ends within a string');
    return huffman
      ? decodeHuffman(this.#bytes, start, this.#at)
      : this.#bytes.toString('latin1', start, this.#at);
  }
}

const NOTHING = Buffer.alloc(0);
