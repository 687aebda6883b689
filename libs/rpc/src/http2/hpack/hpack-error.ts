/** A header block that cannot be decoded: the tables of both sides differ from here on. */
export class HpackError extends Error {
  override readonly name = 'HpackError';
}
