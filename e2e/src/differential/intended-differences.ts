/**
 * Where 3.7, whose API this project has, answers otherwise than the 3.4 it is compared with, and
 * where no two servers agree. Each entry rewrites both answers to what they must have in common.
 * Nothing else may differ.
 */
export interface IntendedDifference {
  readonly reason: string;
  readonly applies: (call: string, request: Json) => boolean;
  readonly rewrite: (answer: Json, request: Json) => Json;
}

export type Json = Readonly<Record<string, unknown>>;

type KeyValueJson = Json & { readonly lease?: string };

const isRange = (call: string): boolean => call === 'Range';

function without(answer: Json, field: string): Json {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => name !== field));
}

/** Every range of a transaction answers like a range, wherever it is nested. */
function deepWithoutLease(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepWithoutLease);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      if (name !== 'kvs' || !Array.isArray(part)) return [name, deepWithoutLease(part)];
      return [
        name,
        part.map((kv: KeyValueJson) => (kv['value'] === undefined ? without(kv, 'lease') : kv)),
      ];
    }),
  );
}

export const INTENDED_DIFFERENCES: readonly IntendedDifference[] = [
  {
    reason: '3.7 answers keys_only from the index, which knows no leases; 3.4 sends them',
    applies: (call, request) => isRange(call) && request['keys_only'] === true,
    rewrite: (answer) => deepWithoutLease(answer) as Json,
  },
  {
    reason: 'the same for a keys_only range inside a transaction',
    applies: (call, request) =>
      call === 'Txn' && JSON.stringify(request).includes('"keys_only":true'),
    rewrite: (answer) => deepWithoutLease(answer) as Json,
  },
  {
    reason: 'hash_revision came with 3.6',
    applies: (call) => call === 'HashKV',
    rewrite: (answer) => without(answer, 'hash_revision'),
  },
  {
    reason: 'the rest of a lease is time, which passes between the two answers',
    applies: (call) => call === 'LeaseTimeToLive',
    rewrite: (answer) => ({
      ...answer,
      TTL: Number(answer['TTL']) > 0 ? 'some' : answer['TTL'],
      // Go iterates a map here: no order is promised.
      keys: [...((answer['keys'] as string[] | undefined) ?? [])].sort(),
    }),
  },
];
