/** The least and the most of some values, as "1.9-2.3". */
export function spread(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)}`;
}

/** The least value that at least this part of all values does not exceed; NaN when there are none. */
export function percentile(ascending: ArrayLike<number>, part: number): number {
  // A product like 0.999 * 1000 is a little more or less than it should be, and must not count one up.
  const rank = Math.ceil(Number((part * ascending.length).toFixed(6)));
  return ascending[Math.max(rank, 1) - 1] ?? Number.NaN;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

export function latencyOf(milliseconds: readonly number[] | Float64Array): Latency {
  const ascending = Float64Array.from(milliseconds).sort();
  return {
    p50Ms: percentile(ascending, 0.5),
    p99Ms: percentile(ascending, 0.99),
    p999Ms: percentile(ascending, 0.999),
  };
}

/** One value of each side per round: neighbours in time are compared, what slows the machine slows both. */
export function ratios(ours: readonly number[], reference: readonly number[]): readonly number[] {
  return ours.flatMap((value, round) => {
    const other = reference[round];
    return other === undefined ? [] : [value / other];
  });
}
