import { assert } from '@etcd-ts/foundation';

import type { HistoryEntry } from './history.js';

const BIGINT_FIELD = '$bigint';
const INFINITY_FIELD = '$infinity';

/** One line of JSON per entry (or watch record): what a failing run leaves behind. */
export function encodeLines(records: Iterable<object>): string {
  let text = '';
  for (const record of records) text += `${JSON.stringify(record, toJson)}\n`;
  return text;
}

/** The inverse of `encodeLines`. The type is the caller's claim; a line cut short throws. */
export function decodeLines<T extends object = HistoryEntry>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const record: unknown = JSON.parse(line, fromJson);
      assert(typeof record === 'object' && record !== null, () => `not a record: ${line}`);
      return record as T;
    });
}

function toJson(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { [BIGINT_FIELD]: value.toString() };
  return value === Infinity ? { [INFINITY_FIELD]: true } : value;
}

function fromJson(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Record<string, unknown>;
  if (typeof record[BIGINT_FIELD] === 'string') return BigInt(record[BIGINT_FIELD]);
  return record[INFINITY_FIELD] === true ? Infinity : value;
}
