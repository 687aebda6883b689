import type { HistoryEntry, Outcome } from '../history.js';
import type { KeyValue, Operation, OperationResult } from '../operation.js';

export type Happening = Omit<HistoryEntry, 'id'>;

/** One operation from `from` to `to` on the logical clock, which is also the clock in seconds. */
export function happening(
  operation: Operation,
  [from, to]: readonly [number, number],
  outcome: Outcome,
  extra: { readonly client?: number; readonly member?: string } = {},
): Happening {
  const returnedAt = outcome.kind === 'unknown' ? Infinity : to;
  return {
    client: extra.client ?? from,
    ...(extra.member === undefined ? {} : { member: extra.member }),
    operation,
    invokedAt: from,
    returnedAt,
    invokedAtMs: from * 1000,
    returnedAtMs: returnedAt * 1000,
    outcome,
  };
}

export function historyOf(...happenings: readonly Happening[]): HistoryEntry[] {
  return happenings.map((happened, id) => ({ id, ...happened }));
}

export function ok(revision: number, result: OperationResult): Outcome {
  return { kind: 'ok', revision, result };
}

export const UNKNOWN: Outcome = { kind: 'unknown' };
export const NOT_SERVED: Outcome = { kind: 'failed', failure: 'notServed' };

/** A key-value as the first write of its key made it, unless told otherwise. */
export function kv(
  key: string,
  value: string,
  modRevision: number,
  rest: Partial<KeyValue> = {},
): KeyValue {
  return { key, value, modRevision, createRevision: modRevision, version: 1, lease: 0n, ...rest };
}

type Interval = readonly [number, number];

export const put = (key: string, value: string, at: Interval, revision: number): Happening =>
  happening({ kind: 'put', key, value }, at, ok(revision, { kind: 'put' }));

export const lostPut = (key: string, value: string, from: number): Happening =>
  happening({ kind: 'put', key, value }, [from, Infinity], UNKNOWN);

export const read = (
  key: string,
  at: Interval,
  revision: number,
  seen: KeyValue | undefined,
  options: { readonly serializable?: boolean; readonly member?: string } = {},
): Happening => {
  const { serializable, member } = options;
  const operation: Operation = {
    kind: 'range',
    key,
    ...(serializable === undefined ? {} : { serializable }),
  };
  const kvs = seen === undefined ? [] : [seen];
  const outcome = ok(revision, { kind: 'range', kvs, count: kvs.length, more: false });
  return happening(operation, at, outcome, member === undefined ? {} : { member });
};

export const remove = (key: string, at: Interval, revision: number, deleted: number): Happening =>
  happening({ kind: 'deleteRange', key }, at, ok(revision, { kind: 'deleteRange', deleted }));
