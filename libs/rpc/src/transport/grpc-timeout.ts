const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};
/** "At most 8 digits", and the unit. */
const MAX_LENGTH = 9;

export type TimeoutOutcome =
  { readonly kind: 'ms'; readonly ms: number } | { readonly kind: 'malformed'; why: string };

/** The value of grpc-timeout; what is wrong with it in grpc-go's words. */
export function parseGrpcTimeout(text: string): TimeoutOutcome {
  const quoted = JSON.stringify(text);
  if (text.length < 2) return malformed(`transport: timeout string is too short: ${quoted}`);
  if (text.length > MAX_LENGTH) {
    return malformed(`transport: timeout string is too long: ${quoted}`);
  }
  const unitMs = UNIT_MS[text.slice(-1)];
  if (unitMs === undefined) {
    return malformed(`transport: timeout unit is not recognized: ${quoted}`);
  }
  const digits = text.slice(0, -1);
  if (!/^\d+$/u.test(digits)) {
    return malformed(`strconv.ParseInt: parsing ${JSON.stringify(digits)}: invalid syntax`);
  }
  return { kind: 'ms', ms: Number(digits) * unitMs };
}

const malformed = (why: string): TimeoutOutcome => ({ kind: 'malformed', why });
