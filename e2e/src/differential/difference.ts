/** Where two JSON values differ first, and what each has there. */
export interface Difference {
  readonly path: string;
  readonly ours: unknown;
  readonly reference: unknown;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function findDifference(
  ours: unknown,
  reference: unknown,
  path = '',
): Difference | undefined {
  if (!isObject(ours) || !isObject(reference)) {
    return Object.is(ours, reference) ? undefined : { path, ours, reference };
  }
  for (const name of new Set([...Object.keys(reference), ...Object.keys(ours)])) {
    const found = findDifference(ours[name], reference[name], `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
