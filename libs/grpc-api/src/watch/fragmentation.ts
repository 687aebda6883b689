/**
 * The event fields in groups of less than `limitBytes`, for clients that asked for fragments; an
 * event larger than that goes alone. Without a limit everything is one group: the events of one
 * revision stay together unless the client has said that it can put them together again.
 */
export function* fragments(
  fields: readonly Uint8Array[],
  limitBytes: number,
): Generator<{ readonly part: readonly Uint8Array[]; readonly isLast: boolean }> {
  let part: Uint8Array[] = [];
  let bytes = 0;
  for (const field of fields) {
    if (part.length > 0 && bytes + field.length >= limitBytes) {
      yield { part, isLast: false };
      part = [];
      bytes = 0;
    }
    part.push(field);
    bytes += field.length;
  }
  yield { part, isLast: true };
}
