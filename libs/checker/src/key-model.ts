import { must } from '@etcd-ts/foundation';

import type { Budget } from './budget.js';
import type { HistoryEntry } from './history.js';
import { isSingleKey } from './key-range.js';
import { checkLinearizable } from './linearizability.js';
import type { Interval, Model } from './linearizability.js';
import type { Compare, Operation, OperationResult } from './operation.js';
import type { Verdict } from './verdict.js';
import { OK, violation } from './verdict.js';

/** One key as a register; `absent` is a value like any other. */
export type RegisterValue =
  { readonly kind: 'absent' } | { readonly kind: 'present'; readonly value: string };

export interface RegisterInput {
  /** Absent: a read. */
  readonly write?: RegisterValue;
  /** Writes only if this is the value. */
  readonly expected?: RegisterValue;
}

/** What the answer tells; a field that is not there tells nothing. */
export interface RegisterOutput {
  /** The value before. */
  readonly before?: RegisterValue;
  readonly existed?: boolean;
  readonly swapped?: boolean;
}

const ABSENT: RegisterValue = { kind: 'absent' };

function sameValue(a: RegisterValue, b: RegisterValue): boolean {
  return a.kind === 'present' ? b.kind === 'present' && a.value === b.value : b.kind === 'absent';
}

/** A register with compare-and-swap, blind to revisions. */
export const REGISTER_MODEL: Model<RegisterValue, RegisterInput, RegisterOutput> = {
  initial: ABSENT,
  step(state, { write, expected }, output) {
    const swaps = expected === undefined || sameValue(state, expected);
    const { before, existed, swapped } = output ?? {};
    if (before !== undefined && !sameValue(state, before)) return undefined;
    if (existed !== undefined && existed !== (state.kind === 'present')) return undefined;
    if (swapped !== undefined && swapped !== swaps) return undefined;
    return write !== undefined && swaps ? write : state;
  },
  fingerprint: (state) => (state.kind === 'present' ? `=${state.value}` : ''),
};

/**
 * Linearizability key by key, looking at values only: for histories without trustworthy revisions
 * (the v2 API, clients that hide the header) and as a second opinion on small ones. Linearizability
 * is local, so keys may be judged apart. Understood: puts, single-key ranges and deletes, and
 * transactions that are a compare-and-swap of one key; anything else that writes makes the answer
 * `unknown`. Serializable and historical reads are left out.
 */
export function checkKeys(entries: readonly HistoryEntry[], budget: Budget = {}): Verdict {
  const byKey = new Map<
    string,
    { entry: HistoryEntry; interval: Interval<RegisterInput, RegisterOutput> }[]
  >();
  for (const entry of entries) {
    if (entry.outcome.kind === 'failed') continue;
    const translated = translate(entry.operation);
    if (translated === 'irrelevant') continue;
    if (translated === 'foreign') {
      return { kind: 'unknown', reason: `operation ${entry.id} is not about one key's value` };
    }
    const { key, input } = translated;
    const { invokedAt, returnedAt, outcome } = entry;
    const output = outcome.kind === 'ok' ? read(outcome.result) : undefined;
    const partition = byKey.get(key);
    const item = { entry, interval: { input, output, invokedAt, returnedAt } };
    if (partition === undefined) byKey.set(key, [item]);
    else partition.push(item);
  }
  for (const [key, items] of byKey) {
    const verdict = checkLinearizable(
      REGISTER_MODEL,
      items.map(({ interval }) => interval),
      budget,
    );
    if (verdict.kind === 'unknown') return verdict;
    if (verdict.kind === 'violation') {
      const stuck = verdict.stuck.map((i) => must(items[i], 'an index of an item').entry);
      return violation('not-linearizable', `no order of these fits ${JSON.stringify(key)}`, stuck);
    }
  }
  return OK;
}

type Translated =
  { readonly key: string; readonly input: RegisterInput } | 'irrelevant' | 'foreign';

function translate(operation: Operation): Translated {
  switch (operation.kind) {
    case 'put': {
      if (operation.ignoreValue === true) return 'foreign';
      return { key: operation.key, input: { write: present(operation.value) } };
    }
    case 'deleteRange':
      return isSingleKey(operation) ? { key: operation.key, input: { write: ABSENT } } : 'foreign';
    case 'range': {
      const old = operation.serializable === true || (operation.revision ?? 0) > 0;
      const partial = operation.keysOnly === true || operation.countOnly === true;
      if (old || partial || !isSingleKey(operation)) return 'irrelevant';
      return { key: operation.key, input: {} };
    }
    case 'txn': {
      const [compare, ...more] = operation.compares;
      const [write, ...rest] = operation.success;
      const [otherwise, ...others] = operation.failure;
      if (compare === undefined || write === undefined) return 'foreign';
      const expected = expectedValue(compare);
      const target = translate(write);
      const simple = more.length + rest.length + others.length === 0 && typeof target !== 'string';
      if (!simple || expected === undefined || target.key !== compare.key) return 'foreign';
      const harmless = otherwise === undefined || otherwise.kind === 'range';
      return harmless ? { key: target.key, input: { ...target.input, expected } } : 'foreign';
    }
    default:
      // Leases delete keys by themselves, which this model cannot see; their users do not mix.
      return 'irrelevant';
  }
}

function expectedValue({ target, result, rangeEnd }: Compare): RegisterValue | undefined {
  if (result !== 'equal' || (rangeEnd ?? '') !== '') return undefined;
  if (target.kind === 'value') return present(target.value);
  return target.kind !== 'lease' && target.value === 0 ? ABSENT : undefined;
}

function read(result: OperationResult): RegisterOutput {
  switch (result.kind) {
    case 'range':
      return { before: valueOf(result.kvs[0]) };
    case 'put':
      return result.prevKv === undefined ? {} : { before: present(result.prevKv.value) };
    case 'deleteRange':
      return { existed: result.deleted > 0 };
    case 'txn':
      return { swapped: result.succeeded };
    default:
      return {};
  }
}

function present(value: string): RegisterValue {
  return { kind: 'present', value };
}

function valueOf(kv: { readonly value: string } | undefined): RegisterValue {
  return kv === undefined ? ABSENT : present(kv.value);
}
