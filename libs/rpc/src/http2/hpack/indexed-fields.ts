import type { HeaderField } from './header-field.js';
import { fieldSize } from './header-field.js';
import {
  indexedField,
  indexedLiteralField,
  literalField,
  tableSizeUpdate,
} from './literal-field.js';
import { STATIC_TABLE_LENGTH } from './static-table.js';

/**
 * An encoder for the few fields that every answer has: each is put into the peer's table when it is
 * first sent, and is one byte ever after. Nothing else enters the table, so nothing ever leaves it
 * and the indexes stay known. The blocks must be sent in the order they were asked for.
 */
export class IndexedFields {
  readonly #ownLimit: number;
  #limit: number;
  /** In the order of their insertion. */
  #inserted: HeaderField[] = [];
  #size = 0;
  /** The peer has changed the size of its table since the last block. */
  #resized = false;

  constructor(limitBytes: number) {
    this.#ownLimit = limitBytes;
    this.#limit = limitBytes;
  }

  /** SETTINGS_HEADER_TABLE_SIZE: we use no more, and must say so (RFC 7541, section 4.2). */
  resize(peerLimitBytes: number): void {
    this.#limit = Math.min(peerLimitBytes, this.#ownLimit);
    this.#resized = true;
    this.#inserted = [];
    this.#size = 0;
  }

  /** What a block must begin with, mostly nothing. */
  prologue(): Buffer {
    if (!this.#resized) return NOTHING;
    this.#resized = false;
    // By way of 0, so that both tables are empty and no eviction needs to be followed.
    return Buffer.concat([tableSizeUpdate(0), tableSizeUpdate(this.#limit)]);
  }

  /** How many fields are in the table. While it stays the same, a field is the same bytes. */
  get inserted(): number {
    return this.#inserted.length;
  }

  field(field: HeaderField): Buffer {
    const at = this.#inserted.indexOf(field);
    if (at >= 0) return indexedField(STATIC_TABLE_LENGTH + this.#inserted.length - at);
    if (this.#size + fieldSize(field) > this.#limit) return literalField(field);
    this.#inserted.push(field);
    this.#size += fieldSize(field);
    return indexedLiteralField(field);
  }
}

const NOTHING = Buffer.alloc(0);
