/** Go's strconv rules for the scalars of flags: base prefixes, underscores, ranges, error words. */

export const PARSE_ERROR = 'parse error';
export const OUT_OF_RANGE = 'value out of range';

export type ScalarOutcome<T> =
  { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'error'; readonly message: string };

export interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}

export const INTEGER_RANGES = {
  int: { min: -(2n ** 63n), max: 2n ** 63n - 1n },
  uint: { min: 0n, max: 2n ** 64n - 1n },
  uint32: { min: 0n, max: 2n ** 32n - 1n },
} as const satisfies Record<string, IntegerRange>;

const PREFIXED = /^0(?:x_?[0-9a-f]+(?:_[0-9a-f]+)*|b_?[01]+(?:_[01]+)*|o?_?[0-7]+(?:_[0-7]+)*)$/iu;
const DECIMAL = /^(?:0|[1-9]\d*(?:_\d+)*)$/u;

/** Base 0 as Go has it: `10`, `1_000`, `0x1f`, `0b1`, `0o17`, `017`. */
export function parseGoInteger(text: string, range: IntegerRange): ScalarOutcome<number> {
  const signed = range.min < 0n && /^[+-]/u.test(text);
  const digits = signed ? text.slice(1) : text;
  if (!DECIMAL.test(digits) && !PREFIXED.test(digits)) {
    return { kind: 'error', message: PARSE_ERROR };
  }
  const plain = digits.replaceAll('_', '').replace(/^0(?=\d)/u, '0o');
  const value = signed && text.startsWith('-') ? -BigInt(plain) : BigInt(plain);
  if (value < range.min || value > range.max) return { kind: 'error', message: OUT_OF_RANGE };
  return { kind: 'ok', value: Number(value) };
}

/** Base 10 only, with the longer words of a flag that calls strconv itself. */
export function parseGoUint32(text: string): ScalarOutcome<number> {
  const failed = (why: string): ScalarOutcome<number> => ({
    kind: 'error',
    message: `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`,
  });
  if (!/^\d+$/u.test(text)) return failed('invalid syntax');
  const value = BigInt(text);
  if (value > INTEGER_RANGES.uint32.max) return failed(OUT_OF_RANGE);
  return { kind: 'ok', value: Number(value) };
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

export function parseGoBool(text: string): ScalarOutcome<boolean> {
  if (TRUE.has(text)) return { kind: 'ok', value: true };
  if (FALSE.has(text)) return { kind: 'ok', value: false };
  return { kind: 'error', message: PARSE_ERROR };
}
