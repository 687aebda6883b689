/** `%016x-%016x.wal`: sequence number, and the index of the first entry that may be in it. */
export interface SegmentName {
  readonly file: string;
  readonly sequence: number;
  readonly firstIndex: number;
}

const PATTERN = /^([0-9a-f]{16})-([0-9a-f]{16})\.wal$/;

function hex16(value: number): string {
  return value.toString(16).padStart(16, '0');
}

export function segmentName(sequence: number, firstIndex: number): SegmentName {
  return { file: `${hex16(sequence)}-${hex16(firstIndex)}.wal`, sequence, firstIndex };
}

export function parseSegmentName(file: string): SegmentName | undefined {
  const match = PATTERN.exec(file);
  if (match === null) return undefined;
  const sequence = Number.parseInt(match[1] as string, 16);
  const firstIndex = Number.parseInt(match[2] as string, 16);
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(firstIndex)) return undefined;
  return { file, sequence, firstIndex };
}

/** Ascending; other names (`0.tmp`, `*.broken`) are not segments. */
export function segmentsAmong(files: readonly string[]): SegmentName[] {
  return files
    .map(parseSegmentName)
    .filter((name) => name !== undefined)
    .sort((a, b) => a.sequence - b.sequence);
}

/** The segments needed to read everything after `index`: from the last that begins at or before it. */
export function segmentsFrom(segments: readonly SegmentName[], index: number): SegmentName[] {
  const first = segments.findLastIndex((segment) => segment.firstIndex <= index);
  return first < 0 ? [] : segments.slice(first);
}
