const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** Bytes in powers of a thousand: `20 kB`, `2.1 GB`. One decimal below ten. */
export function humanBytes(bytes: bigint | number): string {
  const value = Number(bytes);
  if (value < 10) return `${value} B`;
  const power = Math.floor(Math.log10(value) / 3);
  const scaled = Math.floor((value / 1000 ** power) * 10 + 0.5) / 10;
  const text = scaled < 10 ? scaled.toFixed(1) : roundHalfEven(scaled);
  return `${text} ${UNITS[power] ?? 'B'}`;
}

/** As Go's %.0f. */
function roundHalfEven(value: number): string {
  const floor = Math.floor(value);
  const isHalf = value - floor === 0.5;
  return String(isHalf ? floor + (floor % 2) : Math.round(value));
}
