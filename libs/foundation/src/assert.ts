/**
 * Assertions guard invariants of this program; they stay on in production, because stopping beats
 * going on with a state nobody has thought about. They are never for operating errors (bad input,
 * full disk, lost peer): those are values or typed errors.
 */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof message === 'string' ? message : message());
}

/** The value, which the caller knows to be there. */
export function must<T>(value: T | undefined | null, message: string | (() => string)): T {
  if (value === undefined || value === null) {
    throw new AssertionError(typeof message === 'string' ? message : message());
  }
  return value;
}

/** Ends an exhaustive `switch`: a new variant fails to compile here. */
export function unreachable(value: never, what = 'variant'): never {
  throw new AssertionError(`unreachable ${what}: ${String(value)}`);
}
