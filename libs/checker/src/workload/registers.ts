import type { Rng } from '@etcd-ts/foundation';

import type { HistoryEntry } from '../history.js';
import type { Compare, Operation } from '../operation.js';
import { numberedKeys, pick, pickWeighted, UniqueValues } from './workload.js';
import type { Workload } from './workload.js';

export interface RegisterOptions {
  readonly prefix?: string;
  /** Few: contention is what finds bugs. */
  readonly keys?: number;
}

/** Reads, writes and compare-and-swaps by value of a few keys; each key can be judged alone. */
export class RegisterWorkload implements Workload {
  readonly #keys: readonly string[];
  readonly #values = new UniqueValues();
  /** What any client last saw: mostly current, so that about half of the swaps succeed. */
  readonly #seen = new Map<string, string>();

  constructor({ prefix = 'register/', keys = 5 }: RegisterOptions = {}) {
    this.#keys = numberedKeys(prefix, keys);
  }

  next(client: number, rng: Rng): Operation {
    const key = pick(rng, this.#keys);
    const kind = pickWeighted(rng, [
      ['read', 40],
      ['write', 25],
      ['swap', 30],
      ['delete', 5],
    ] as const);
    if (kind === 'read') return { kind: 'range', key };
    if (kind === 'delete') return { kind: 'deleteRange', key };
    const value = this.#values.next(client);
    if (kind === 'write') return { kind: 'put', key, value };
    return {
      kind: 'txn',
      compares: [this.#expectation(key)],
      success: [{ kind: 'put', key, value }],
      failure: [{ kind: 'range', key }],
    };
  }

  learn({ operation, outcome }: HistoryEntry): void {
    if (outcome.kind !== 'ok') return;
    if (operation.kind === 'put') this.#seen.set(operation.key, operation.value);
    if (operation.kind === 'deleteRange') this.#seen.delete(operation.key);
    const { result } = outcome;
    const shown = result.kind === 'txn' ? result.results[0] : result;
    if (operation.kind === 'txn' && result.kind === 'txn' && result.succeeded) {
      const [write] = operation.success;
      if (write?.kind === 'put') this.#seen.set(write.key, write.value);
    } else if (shown?.kind === 'range') {
      for (const { key, value } of shown.kvs) this.#seen.set(key, value);
    }
  }

  #expectation(key: string): Compare {
    const value = this.#seen.get(key);
    return value === undefined
      ? { key, result: 'equal', target: { kind: 'version', value: 0 } }
      : { key, result: 'equal', target: { kind: 'value', value } };
  }
}
