import type { Entry } from '../types.js';

/**
 * What an entry costs on the wire beyond its payload: tags, varints of term and index, length.
 * Counted too, so that a flood of empty entries is not free.
 */
export const ENTRY_OVERHEAD_BYTES = 24;

export function entrySize(entry: Entry): number {
  return entry.data.length + ENTRY_OVERHEAD_BYTES;
}

/** How many of entries[from, to) fit into `maxBytes`, but at least one: progress beats the limit. */
export function countFitting(
  entries: readonly Entry[],
  from: number,
  to: number,
  maxBytes: number,
): number {
  let bytes = 0;
  for (let i = from; i < to; i++) {
    bytes += entrySize(entries[i] as Entry);
    if (bytes > maxBytes) return Math.max(1, i - from);
  }
  return to - from;
}
