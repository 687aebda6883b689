export type IntegerOutcome =
  | { readonly kind: 'ok'; readonly value: bigint }
  /** In the words of Go's strconv. */
  | { readonly kind: 'error'; readonly message: string };

interface IntegerForm {
  /** 0: as the prefix says (0x, 0o, 0b, 0), and underscores are allowed. */
  readonly base: 0 | 10 | 16;
  readonly isUnsigned?: boolean;
}

const MAX_SIGNED = 2n ** 63n - 1n;
const MAX_UNSIGNED = 2n ** 64n - 1n;

/** 64 bits, as strconv.ParseInt and ParseUint read them. */
export function parseInteger(
  text: string,
  { base, isUnsigned = false }: IntegerForm,
): IntegerOutcome {
  const name = isUnsigned ? 'ParseUint' : 'ParseInt';
  const failed = (why: string): IntegerOutcome => ({
    kind: 'error',
    message: `strconv.${name}: parsing ${JSON.stringify(text)}: ${why}`,
  });
  const [, sign = '', body = ''] = /^([+-]?)(.*)$/su.exec(text) ?? [];
  if (isUnsigned && sign !== '') return failed('invalid syntax');
  const digits = digitsOf(body, base);
  if (digits === undefined) return failed('invalid syntax');
  const magnitude = BigInt(digits);
  const isNegative = sign === '-';
  const limit = isUnsigned ? MAX_UNSIGNED : MAX_SIGNED + (isNegative ? 1n : 0n);
  if (magnitude > limit) return failed('value out of range');
  return { kind: 'ok', value: isNegative ? -magnitude : magnitude };
}

const FORMS: readonly (readonly [RegExp, string])[] = [
  [/^0[xX]_?([\da-fA-F]+(?:_[\da-fA-F]+)*)$/u, '0x'],
  [/^0[bB]_?([01]+(?:_[01]+)*)$/u, '0b'],
  [/^0[oO]_?([0-7]+(?:_[0-7]+)*)$/u, '0o'],
  [/^0_?([0-7]+(?:_[0-7]+)*)$/u, '0o'],
  [/^(0|[1-9]\d*(?:_\d+)*)$/u, ''],
];

/** In a form that BigInt reads; undefined: these are no digits. */
function digitsOf(body: string, base: 0 | 10 | 16): string | undefined {
  if (base === 16) return /^[\da-fA-F]+$/u.test(body) ? `0x${body}` : undefined;
  if (base === 10) return /^\d+$/u.test(body) ? body : undefined;
  for (const [form, prefix] of FORMS) {
    const digits = form.exec(body)?.[1];
    if (digits !== undefined) return prefix + digits.replaceAll('_', '');
  }
  return undefined;
}
