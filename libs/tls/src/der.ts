/** Tags of ASN.1 that a revocation list is made of, as its bytes have them. */
export const DER_TAGS = {
  integer: 0x02,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

export interface DerElement {
  readonly tag: number;
  /** A view of the bytes that were read. */
  readonly content: Buffer;
}

/** Elements never have lengths of more bytes than this: four gigabytes are no list of anything. */
const MAX_LENGTH_BYTES = 4;
const LONG_FORM = 0x80;
const MULTIPLE_BYTES = 0x1f;

/** Not DER (X.690): cut off, of an indefinite length, or with a tag of several bytes. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** The elements that the bytes are made of, one after the other to the last byte. */
export function* readDer(bytes: Buffer): Iterable<DerElement> {
  let at = 0;
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw new DerError('cut off');
    return byte;
  };
  while (at < bytes.length) {
    const tag = next();
    if ((tag & MULTIPLE_BYTES) === MULTIPLE_BYTES) throw new DerError('tag of several bytes');
    let length = next();
    if (length >= LONG_FORM) {
      const count = length - LONG_FORM;
      if (count === 0 || count > MAX_LENGTH_BYTES) throw new DerError('length');
      length = 0;
      for (let read = 0; read < count; read++) length = length * 256 + next();
    }
    if (length > bytes.length - at) throw new DerError('cut off');
    yield { tag, content: bytes.subarray(at, at + length) };
    at += length;
  }
}
