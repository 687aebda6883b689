import type { Rng } from '@etcd-ts/foundation';
import { edgeInt64, edgeNumber, pick } from './random-value.js';
import { mutateText } from './text-mutation.js';

/** Names that JavaScript's objects have without being asked, and texts that other types look like. */
export const ODD_WORDS: readonly string[] = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'length'],
  ...['null', 'true', 'NaN', '-0', '1e999', '0x10', '18446744073709551616', '-9223372036854775809'],
  ...['%00', '%zz', '..', '//', '\\u0000', '\\ud800', '\r\n'],
];

/** Nested by this much: a few levels, and more than a reader that recurses should follow. */
const DEPTHS = [2, 30, 1_000];

/**
 * A JSON value like a valid one: some of its fields left out, doubled under odd names, or of another
 * type or value. The value is not touched.
 */
export function mutateJson(rng: Rng, value: unknown): unknown {
  if (rng.below(8) === 0) return oddValue(rng);
  switch (typeof value) {
    case 'string':
      return rng.below(3) === 0 ? mutateText(rng, value, ODD_WORDS) : value;
    case 'number':
      return rng.below(2) === 0 ? edgeNumber(rng) : value;
    case 'object':
      if (Array.isArray(value)) return mutateItems(rng, value);
      return value === null ? value : mutateFields(rng, value);
    default:
      return value;
  }
}

function mutateItems(rng: Rng, value: readonly unknown[]): unknown[] {
  const items = value.map((item) => maybeMutated(rng, item));
  if (items.length > 0 && rng.below(4) === 0) items.push(pick(rng, items));
  if (rng.below(4) === 0) items.splice(rng.below(items.length + 1), 1);
  return items;
}

function mutateFields(rng: Rng, value: object): object {
  const fields = Object.entries(value).map(
    ([name, field]) => [maybeOdd(rng, name), maybeMutated(rng, field)] as const,
  );
  if (rng.below(6) === 0) fields.splice(rng.below(fields.length + 1), 1);
  if (fields.length > 0 && rng.below(6) === 0) {
    fields.push([maybeOdd(rng, pick(rng, ODD_WORDS)), pick(rng, fields)[1]]);
  }
  // Unlike an assignment, this makes a field of its own even of `__proto__`, as JSON.parse does.
  return Object.fromEntries(fields);
}

const maybeMutated = (rng: Rng, value: unknown): unknown =>
  rng.below(3) === 0 ? mutateJson(rng, value) : value;

function maybeOdd(rng: Rng, name: string): string {
  if (rng.below(12) > 0) return name;
  return pick(rng, [name.toUpperCase(), `${name}_`, '', pick(rng, ODD_WORDS)]);
}

function oddValue(rng: Rng): unknown {
  switch (rng.below(8)) {
    case 0:
      return edgeNumber(rng);
    case 1:
      return String(edgeInt64(rng));
    case 2:
      return pick(rng, ODD_WORDS);
    case 3:
      return rng.below(10) === 0 ? nested(rng, pick(rng, DEPTHS)) : nested(rng, 2);
    default:
      return pick(rng, [null, true, false, '', 0, -1, 1.5, 1e308, [], {}, [null], 'YQ==']);
  }
}

function nested(rng: Rng, depth: number): unknown {
  const isList = rng.below(2) === 0;
  let value: unknown = pick(rng, [1, null, 'a', {}]);
  for (let level = 0; level < depth; level++) value = isList ? [value] : { a: value };
  return value;
}
