const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** How often a field occurs at the top level of an encoded message, without decoding it. */
export function countFields(message: Uint8Array, field: number): number {
  let at = 0;
  let count = 0;
  const varint = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  while (at < message.length) {
    const tag = varint();
    if (Math.floor(tag / 8) === field) count++;
    const wireType = tag % 8;
    if (wireType === VARINT) varint();
    else if (wireType === LENGTH_DELIMITED) {
      const length = varint();
      at += length;
    } else throw new Error(`unexpected wire type ${wireType}`);
  }
  return count;
}
