import { HeaderBlockCache } from './hpack/header-block-cache.js';
import type { HeaderField } from './hpack/header-field.js';
import { HpackDecoder } from './hpack/hpack-decoder.js';
import { DEFAULT_HEADER_TABLE_BYTES, MAX_HEADER_LIST_BYTES } from './limits.js';
import { areRequestFields } from './request-fields.js';

export type HeadersOutcome<Head> =
  | { readonly kind: 'head'; readonly head: Head }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'too large' };

/** From header blocks to heads: decoded once for as long as equal bytes mean the same. */
export class RequestHeaders<Head> {
  readonly #decoder = new HpackDecoder({
    maxTableBytes: DEFAULT_HEADER_TABLE_BYTES,
    maxListBytes: MAX_HEADER_LIST_BYTES,
  });
  readonly #cache = new HeaderBlockCache<HeadersOutcome<Head>>();
  readonly #readHead: (fields: readonly HeaderField[]) => Head;

  constructor(readHead: (fields: readonly HeaderField[]) => Head) {
    this.#readHead = readHead;
  }

  /** Throws an HpackError. */
  read(bytes: Buffer, start: number, end: number): HeadersOutcome<Head> {
    const { generation } = this.#decoder;
    const known = this.#cache.find(generation, bytes, start, end);
    if (known !== undefined) return known;
    const outcome = this.#outcome(bytes, start, end);
    if (this.#decoder.generation === generation) {
      this.#cache.add(generation, bytes, start, end, outcome);
    }
    return outcome;
  }

  #outcome(bytes: Buffer, start: number, end: number): HeadersOutcome<Head> {
    const { fields, truncated } = this.#decoder.decode(bytes, start, end);
    if (truncated) return { kind: 'too large' };
    if (!areRequestFields(fields)) return { kind: 'malformed' };
    return { kind: 'head', head: this.#readHead(fields) };
  }
}
