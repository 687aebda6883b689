const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** Bytes in powers of a thousand: `20 kB`, `2.1 GB`. One decimal below ten. */
export function humanBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const power = Math.floor(Math.log10(bytes) / 3);
  const scaled = Math.floor((bytes / 1000 ** power) * 10 + 0.5) / 10;
  const text = scaled < 10 ? scaled.toFixed(1) : String(roundHalfEven(scaled));
  return `${text} ${UNITS[power] ?? 'B'}`;
}

/** As Go's %.0f. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}
