/** One character (0..255) a byte, as HTTP has them. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** RFC 7541, section 4.1: what a field counts in a table and in a header list. */
export const FIELD_OVERHEAD_BYTES = 32;

export function fieldSize({ name, value }: HeaderField): number {
  return name.length + value.length + FIELD_OVERHEAD_BYTES;
}
