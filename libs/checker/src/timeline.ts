import { assert, must } from '@etcd-ts/foundation';

import { inRange, isSingleKey } from './key-range.js';
import type { KeyRange, KeyValue } from './operation.js';

/** What one revision did to one key; `kv` is undefined if it deleted it. */
export interface Change {
  readonly key: string;
  readonly kv: KeyValue | undefined;
}

export interface RevisionChanges {
  readonly revision: number;
  /** In the order of the operations that made them; never empty. */
  readonly changes: readonly Change[];
}

interface KeyVersion {
  readonly revision: number;
  readonly kv: KeyValue | undefined;
}

/** The keys a history starts from, and their revision: 1 and none on a fresh store. */
export interface Baseline {
  readonly revision: number;
  readonly kvs: readonly KeyValue[];
}

export const FRESH_STORE: Baseline = { revision: 1, kvs: [] };

/**
 * All that ever happened, by revision, and with it the state at every revision. It is what the
 * other checkers take for the truth; the revision check builds it from what clients saw.
 */
export class Timeline {
  readonly baseRevision: number;
  readonly #versions = new Map<string, KeyVersion[]>();
  readonly #sortedKeys: string[] = [];
  readonly #changes: (readonly Change[])[] = [];

  constructor(base: Baseline = FRESH_STORE) {
    this.baseRevision = base.revision;
    for (const kv of base.kvs) this.#versionsOf(kv.key).push({ revision: base.revision, kv });
  }

  /** The newest revision. */
  get revision(): number {
    return this.baseRevision + this.#changes.length;
  }

  append(changes: readonly Change[]): void {
    assert(changes.length > 0, 'a revision changes something');
    const revision = this.revision + 1;
    for (const { key, kv } of changes) this.#versionsOf(key).push({ revision, kv });
    this.#changes.push(changes);
  }

  /** Forgets all revisions above this one: a search takes a guess back. */
  rollback(revision: number): void {
    assert(revision >= this.baseRevision, 'nothing below the baseline is known');
    while (this.revision > revision) {
      for (const { key } of must(this.#changes.pop(), 'above the baseline')) {
        this.#versionsOf(key).pop();
      }
    }
  }

  changesAt(revision: number): readonly Change[] {
    return this.#changes[revision - this.baseRevision - 1] ?? [];
  }

  /** The key as it was at a revision (default: the newest), undefined if it was not there. */
  get(key: string, revision = this.revision): KeyValue | undefined {
    const versions = this.#versions.get(key);
    if (versions === undefined) return undefined;
    let low = 0;
    let high = versions.length;
    const last = versions[high - 1];
    if (last !== undefined && last.revision <= revision) return last.kv;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((versions[middle]?.revision ?? Infinity) <= revision) low = middle + 1;
      else high = middle;
    }
    return versions[low - 1]?.kv;
  }

  /** In the order of keys. */
  range(range: KeyRange, revision = this.revision): KeyValue[] {
    const found: KeyValue[] = [];
    if (isSingleKey(range)) {
      const kv = this.get(range.key, revision);
      return kv === undefined ? found : [kv];
    }
    for (let i = this.#position(range.key); i < this.#sortedKeys.length; i++) {
      const key = this.#sortedKeys[i] as string;
      if (!inRange(key, range)) break;
      const kv = this.get(key, revision);
      if (kv !== undefined) found.push(kv);
    }
    return found;
  }

  all(revision = this.revision): KeyValue[] {
    return this.range({ key: '', rangeEnd: '\0' }, revision);
  }

  #versionsOf(key: string): KeyVersion[] {
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const versions: KeyVersion[] = [];
    this.#versions.set(key, versions);
    this.#sortedKeys.splice(this.#position(key), 0, key);
    return versions;
  }

  /** Of the first known key that is not below this one. */
  #position(key: string): number {
    let low = 0;
    let high = this.#sortedKeys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sortedKeys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
