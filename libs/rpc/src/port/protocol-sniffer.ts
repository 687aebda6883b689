/**
 * Which protocol a client speaks, told from its first bytes. HTTP/2 without TLS begins with a
 * preface made to be an invalid HTTP/1 request (RFC 9113, section 3.4); HTTP/1 begins with a method.
 */
export type SniffedProtocol = 'http2' | 'http1' | 'neither' | 'undecided';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n', 'latin1');

/** The longest registered method, UPDATEREDIRECTREF, has 17. */
const MAX_METHOD_BYTES = 24;
/** After so many bytes there is always a decision, so that no more need be held back. */
export const MAX_SNIFF_BYTES = Math.max(PREFACE.length, MAX_METHOD_BYTES + 1);

const SPACE = 0x20;
const HYPHEN = 0x2d;
const isMethodByte = (byte: number): boolean => (byte >= 0x41 && byte <= 0x5a) || byte === HYPHEN;

/** `bytes` is all that has come so far. "undecided" only for a true beginning of one of the two. */
export function sniffProtocol(bytes: Uint8Array): SniffedProtocol {
  const compared = Math.min(bytes.length, PREFACE.length);
  if (PREFACE.subarray(0, compared).equals(bytes.subarray(0, compared))) {
    return compared === PREFACE.length ? 'http2' : 'undecided';
  }
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === SPACE && i > 0) return 'http1';
    if (!isMethodByte(byte) || i >= MAX_METHOD_BYTES) return 'neither';
  }
  return 'undecided';
}
