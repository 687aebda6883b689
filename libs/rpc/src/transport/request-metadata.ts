import type { HeaderField } from '../http2/hpack/header-field.js';
import type { CallMetadata } from '../service/call-context.js';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/u;

/** The header fields of a request as metadata; shared by all requests with the same fields. */
export class RequestMetadata implements CallMetadata {
  readonly #fields: readonly HeaderField[];

  constructor(fields: readonly HeaderField[]) {
    this.#fields = fields;
  }

  // A walk along ten fields is cheaper than the map that would save it.
  get(name: string): string | undefined {
    for (const field of this.#fields) if (field.name === name) return field.value;
    return undefined;
  }

  /** Of several values, which may also be joined by commas, the first. */
  getBinary(name: string): Uint8Array | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : decodeBase64(value.split(',')[0] ?? '');
  }
}

/** With or without padding. Undefined if it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/=+$/u, '').length;
  return BASE64.test(text) && digits % 4 !== 1 ? Buffer.from(text, 'base64') : undefined;
}
