import type { Rng } from '@etcd-ts/foundation';

import type { HistoryEntry } from '../history.js';
import type { SetAdd } from '../lock-check.js';
import type { KeyValue, KvOperation, Operation, Txn } from '../operation.js';
import { numberedKeys, pick, UniqueValues } from './workload.js';
import type { Workload } from './workload.js';

const SEPARATOR = ' ';

/** The elements a list or set key holds, in the order in which they were appended. */
export function elementsOf(value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : value.split(SEPARATOR);
}

/** The lists are started anew when they get this long: values stay small in long runs. */
const MAX_ELEMENTS = 64;

/**
 * Transactions that append to one or two lists and read them, if nobody else did meanwhile: a read
 * of the lists, then a transaction guarded by what it showed (optimistic, so every lost update,
 * dirty read or circular flow between transactions shows up in an answer).
 */
export class ListAppendWorkload implements Workload {
  readonly #keys: readonly string[];
  readonly #values = new UniqueValues();
  readonly #seen = new Map<number, ReadonlyMap<string, KeyValue | undefined>>();

  constructor({ prefix = 'list/', keys = 4 }: { prefix?: string; keys?: number } = {}) {
    this.#keys = numberedKeys(prefix, keys);
  }

  next(client: number, rng: Rng): Operation {
    const seen = this.#seen.get(client);
    this.#seen.delete(client);
    if (seen === undefined) {
      const keys = [...new Set([pick(rng, this.#keys), pick(rng, this.#keys)])];
      const reads = keys.map((key): KvOperation => ({ kind: 'range', key }));
      return { kind: 'txn', compares: [], success: reads, failure: [] };
    }
    return appendTo(seen, this.#values.next(client));
  }

  learn({ client, operation, outcome }: HistoryEntry): void {
    if (outcome.kind !== 'ok' || outcome.result.kind !== 'txn' || operation.kind !== 'txn') return;
    const { succeeded, results } = outcome.result;
    const branch = succeeded ? operation.success : operation.failure;
    const seen = new Map<string, KeyValue | undefined>();
    for (const [i, part] of branch.entries()) {
      const shown = results[i];
      if (part.kind === 'range' && shown?.kind === 'range') seen.set(part.key, shown.kvs[0]);
    }
    // After an append of its own a client looks again; after a failed one it knows enough.
    if (seen.size > 0 && (operation.compares.length === 0 || !succeeded)) {
      this.#seen.set(client, seen);
    }
  }
}

/** Elements added to one key by compare-and-swap; for `checkSet`, which looks at no revision. */
export class SetWorkload implements Workload {
  readonly key: string;
  readonly #values = new UniqueValues();
  readonly #adds: SetAdd[] = [];
  #seen: KeyValue | undefined;

  constructor(key = 'set') {
    this.key = key;
  }

  /** All that was tried, with what came of it: an add whose guard failed did nothing. */
  get adds(): readonly SetAdd[] {
    return this.#adds;
  }

  next(client: number, rng: Rng): Operation {
    if (rng.below(4) === 0) return { kind: 'range', key: this.key };
    const element = this.#values.next(client);
    return appendTo(new Map([[this.key, this.#seen]]), element, Infinity);
  }

  learn({ operation, outcome }: HistoryEntry): void {
    const { kind } = outcome;
    const result = kind === 'ok' ? outcome.result : undefined;
    const shown = result?.kind === 'txn' ? result.results[0] : result;
    if (shown?.kind === 'range') this.#notice(shown.kvs[0]);
    if (operation.kind !== 'txn') return;
    const [write] = operation.success;
    const element = write?.kind === 'put' ? elementsOf(write.value).at(-1) : undefined;
    if (element === undefined) return;
    const refused = result?.kind === 'txn' && !result.succeeded;
    this.#adds.push({ element, outcome: refused ? 'failed' : kind });
  }

  #notice(kv: KeyValue | undefined): void {
    if ((kv?.modRevision ?? 0) > (this.#seen?.modRevision ?? 0)) this.#seen = kv;
  }
}

function appendTo(
  seen: ReadonlyMap<string, KeyValue | undefined>,
  element: string,
  maxElements = MAX_ELEMENTS,
): Txn {
  const keys = [...seen.keys()];
  return {
    kind: 'txn',
    compares: keys.map((key) => ({
      key,
      result: 'equal',
      target: { kind: 'mod', value: seen.get(key)?.modRevision ?? 0 },
    })),
    success: keys.map((key) => {
      const before = elementsOf(seen.get(key)?.value);
      const kept = before.length < maxElements ? before : [];
      return { kind: 'put', key, value: [...kept, element].join(SEPARATOR), prevKv: true };
    }),
    failure: keys.map((key) => ({ kind: 'range', key })),
  };
}
