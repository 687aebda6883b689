/** WatchResponse.fragment = true: field 7, a varint. Behind other fields it is as good as in order. */
const FRAGMENT_FIELD = Uint8Array.of((7 << 3) | 0, 1);

/**
 * A response with all the event fields if it is smaller than `limitBytes`; otherwise several, each
 * smaller, all but the last marked as fragments. An event that fits nowhere goes alone. Without a
 * limit (Infinity) everything is one response: the events of one revision stay together unless the
 * client has said that it can put them together again.
 */
export function* fragments(
  head: Uint8Array,
  fields: readonly Uint8Array[],
  limitBytes: number,
): Generator<Uint8Array, void, undefined> {
  if (fields.length < 2 || sizeOf(head, fields) < limitBytes) {
    yield Buffer.concat([head, ...fields]);
    return;
  }
  const headBytes = head.length + FRAGMENT_FIELD.length;
  let part: Uint8Array[] = [];
  let bytes = headBytes;
  for (const field of fields) {
    if (part.length > 0 && bytes + field.length >= limitBytes) {
      yield Buffer.concat([head, FRAGMENT_FIELD, ...part]);
      part = [];
      bytes = headBytes;
    }
    part.push(field);
    bytes += field.length;
  }
  yield Buffer.concat([head, ...part]);
}

function sizeOf(head: Uint8Array, fields: readonly Uint8Array[]): number {
  return fields.reduce((sum, { length }) => sum + length, head.length);
}
