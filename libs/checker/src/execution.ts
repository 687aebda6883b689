import { unreachable } from '@etcd-ts/foundation';

import { inRange } from './key-range.js';
import type {
  Compare,
  DeleteRange,
  KeyRange,
  KeyValue,
  KvOperation,
  KvResult,
  Put,
  Range,
  Txn,
} from './operation.js';
import type { Change, Timeline } from './timeline.js';

export type Execution =
  | { readonly kind: 'ok'; readonly changes: readonly Change[]; readonly result: KvResult }
  | { readonly kind: 'failed'; readonly failure: 'keyNotFound' | 'futureRevision' };

type Refusal = 'keyNotFound' | 'futureRevision';

/**
 * What etcd's key-value store answers to an operation that takes effect right after the newest
 * revision of the timeline, which is left as it is. Compaction and leases are other checkers' business.
 */
export function execute(operation: KvOperation, timeline: Timeline): Execution {
  const attempt = new Attempt(timeline);
  const result = attempt.run(operation);
  if (typeof result === 'string') return { kind: 'failed', failure: result };
  return { kind: 'ok', changes: attempt.changes, result };
}

class Attempt {
  readonly changes: Change[] = [];
  readonly #timeline: Timeline;
  /** What this operation itself has changed so far: later parts of a transaction see it. */
  readonly #own = new Map<string, KeyValue | undefined>();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  run(operation: KvOperation): KvResult | Refusal {
    switch (operation.kind) {
      case 'range':
        return this.#range(operation);
      case 'put':
        return this.#put(operation);
      case 'deleteRange':
        return this.#deleteRange(operation);
      case 'txn':
        return this.#txn(operation);
      default:
        return unreachable(operation, 'operation');
    }
  }

  #range(operation: Range): KvResult | Refusal {
    const { revision = 0, limit = 0, keysOnly, countOnly } = operation;
    if (revision > this.#timeline.revision) return 'futureRevision';
    const all = revision > 0 ? this.#timeline.range(operation, revision) : this.#current(operation);
    if (countOnly === true) return { kind: 'range', kvs: [], count: all.length, more: false };
    const cut = limit > 0 && all.length > limit ? all.slice(0, limit) : all;
    const kvs = keysOnly === true ? cut.map((kv) => ({ ...kv, value: '' })) : cut;
    const more = cut.length < all.length;
    return { kind: 'range', kvs, count: all.length, more, ...(keysOnly === true && { keysOnly }) };
  }

  #put({ key, value, lease, prevKv, ignoreValue, ignoreLease }: Put): KvResult | Refusal {
    const before = this.#get(key);
    if (before === undefined && (ignoreValue === true || ignoreLease === true)) {
      return 'keyNotFound';
    }
    const modRevision = this.#timeline.revision + 1;
    this.#change(key, {
      key,
      value: ignoreValue === true ? (before?.value ?? '') : value,
      createRevision: before?.createRevision ?? modRevision,
      modRevision,
      version: (before?.version ?? 0) + 1,
      lease: ignoreLease === true ? (before?.lease ?? 0n) : (lease ?? 0n),
    });
    return prevKv === true && before !== undefined
      ? { kind: 'put', prevKv: before }
      : { kind: 'put' };
  }

  #deleteRange(operation: DeleteRange): KvResult {
    const before = this.#current(operation);
    for (const { key } of before) this.#change(key, undefined);
    const deleted = before.length;
    return operation.prevKv === true
      ? { kind: 'deleteRange', deleted, prevKvs: before }
      : { kind: 'deleteRange', deleted };
  }

  #txn({ compares, success, failure }: Txn): KvResult | Refusal {
    const succeeded = compares.every((compare) => this.#holds(compare));
    const results: KvResult[] = [];
    for (const operation of succeeded ? success : failure) {
      const result = this.run(operation);
      if (typeof result === 'string') return result;
      results.push(result);
    }
    return { kind: 'txn', succeeded, results };
  }

  /** For every key of the range; a key that is not there has zeros everywhere, but no value. */
  #holds(compare: Compare): boolean {
    const kvs = this.#current(compare);
    if (kvs.length > 0) return kvs.every((kv) => holds(compare, kv));
    return compare.target.kind !== 'value' && holds(compare, undefined);
  }

  #get(key: string): KeyValue | undefined {
    return this.#own.has(key) ? this.#own.get(key) : this.#timeline.get(key);
  }

  #current(range: KeyRange): KeyValue[] {
    const stored = this.#timeline.range(range);
    if (this.#own.size === 0) return stored;
    const kvs = stored.filter(({ key }) => !this.#own.has(key));
    for (const [key, kv] of this.#own) if (kv !== undefined && inRange(key, range)) kvs.push(kv);
    return kvs.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #change(key: string, kv: KeyValue | undefined): void {
    this.#own.set(key, kv);
    this.changes.push({ key, kv });
  }
}

function holds({ target, result }: Compare, kv: KeyValue | undefined): boolean {
  const order = compareField(target, kv);
  switch (result) {
    case 'equal':
      return order === 0;
    case 'notEqual':
      return order !== 0;
    case 'greater':
      return order > 0;
    case 'less':
      return order < 0;
    default:
      return unreachable(result, 'comparison');
  }
}

function compareField(target: Compare['target'], kv: KeyValue | undefined): number {
  const order = <T>(stored: T, asked: T): number => (stored < asked ? -1 : stored > asked ? 1 : 0);
  switch (target.kind) {
    case 'version':
      return order(kv?.version ?? 0, target.value);
    case 'create':
      return order(kv?.createRevision ?? 0, target.value);
    case 'mod':
      return order(kv?.modRevision ?? 0, target.value);
    case 'lease':
      return order(kv?.lease ?? 0n, target.value);
    case 'value':
      return order(kv?.value ?? '', target.value);
    default:
      return unreachable(target, 'target');
  }
}
