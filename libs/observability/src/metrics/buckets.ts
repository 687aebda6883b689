/** Upper bounds start, start*factor, ...: `count` of them, as the Go client names its lists. */
export function exponentialBuckets(
  start: number,
  factor: number,
  count: number,
): readonly number[] {
  const bounds: number[] = [];
  let bound = start;
  for (let i = 0; i < count; i++) {
    bounds.push(bound);
    bound *= factor;
  }
  return bounds;
}

/** The Go client's default list, in seconds. */
export const DEFAULT_BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/**
 * A bound as the Go client prints it (%g with the fewest digits): from 10^6 on and below 10^-4 in
 * exponent form, 1.048576e+06. Queries and recording rules name `le` as a string, so the spelling
 * matters.
 */
export function formatBound(bound: number): string {
  if (bound === Infinity) return '+Inf';
  const [digits = '', power = '0'] = bound.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(bound);
  const sign = exponent < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
