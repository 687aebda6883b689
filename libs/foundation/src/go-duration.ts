/**
 * Durations in Go's syntax (`1h15m`, `1.5s`, `100ms`), the one etcd's users write. Internally a
 * duration is a number of milliseconds; Go counts int64 nanoseconds, so the range is Go's.
 */

/** A map: an object would have `constructor` for a unit, too. */
const NANOSECONDS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

const MAX_NANOSECONDS = 2n ** 63n - 1n;
const COMPONENT = /^(\d*)(?:\.(\d*))?(.*)$/su;
const UNIT = /^[^.\d]+/u;

export type DurationOutcome =
  | { readonly kind: 'ok'; readonly milliseconds: number }
  /** The words of Go's time.ParseDuration. */
  | { readonly kind: 'error'; readonly message: string };

/** Whole and fraction apart: 2^63 nanoseconds are more than a double counts. */
export const millisecondsOf = (nanoseconds: bigint): number =>
  Number(nanoseconds / 1_000_000n) + Number(nanoseconds % 1_000_000n) / 1e6;

function nanosecondsOf(milliseconds: number): bigint {
  const whole = Math.trunc(milliseconds);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6));
}

export function parseGoDuration(text: string): DurationOutcome {
  const invalid = { kind: 'error', message: `time: invalid duration ${quote(text)}` } as const;
  const negative = text.startsWith('-');
  let rest = /^[+-]/u.test(text) ? text.slice(1) : text;
  if (rest === '0') return { kind: 'ok', milliseconds: 0 };
  if (rest === '') return invalid;
  let total = 0n;
  while (rest !== '') {
    const [, whole = '', fraction = '', tail = ''] = COMPONENT.exec(rest) ?? [];
    if (whole === '' && fraction === '') return invalid;
    const unit = UNIT.exec(tail)?.[0];
    if (unit === undefined) {
      return { kind: 'error', message: `time: missing unit in duration ${quote(text)}` };
    }
    const scale = NANOSECONDS.get(unit);
    if (scale === undefined) {
      const message = `time: unknown unit ${quote(unit)} in duration ${quote(text)}`;
      return { kind: 'error', message };
    }
    total += BigInt(whole === '' ? '0' : whole) * scale + fractionOf(fraction, scale);
    if (total > MAX_NANOSECONDS + (negative ? 1n : 0n)) return invalid;
    rest = tail.slice(unit.length);
  }
  const milliseconds = millisecondsOf(total);
  return { kind: 'ok', milliseconds: negative && total !== 0n ? -milliseconds : milliseconds };
}

/** As Go prints a duration: `1h0m0s`, `1.5s`, `100ms`, `0s`. */
export function formatGoDuration(milliseconds: number): string {
  const sign = milliseconds < 0 ? '-' : '';
  const nanoseconds = nanosecondsOf(Math.abs(milliseconds));
  if (nanoseconds === 0n) return '0s';
  if (nanoseconds < 1_000n) return `${sign}${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n) return `${sign}${decimal(nanoseconds, 1_000n)}µs`;
  if (nanoseconds < 1_000_000_000n) return `${sign}${decimal(nanoseconds, 1_000_000n)}ms`;
  const minutes = nanoseconds / 60_000_000_000n;
  const seconds = `${decimal(nanoseconds % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return sign + seconds;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function fractionOf(digits: string, scale: bigint): bigint {
  return digits === '' ? 0n : (BigInt(digits) * scale) / 10n ** BigInt(digits.length);
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit).toString().padStart(unit.toString().length - 1, '0');
  const significant = fraction.replace(/0+$/u, '');
  return significant === '' ? `${value / unit}` : `${value / unit}.${significant}`;
}

const quote = (text: string): string => JSON.stringify(text);
