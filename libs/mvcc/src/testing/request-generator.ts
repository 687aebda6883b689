import { EMPTY_BYTES, LeaseId, NO_LEASE } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import type { Compare, CompareTarget, Operation, TxnRequest } from '../operation.js';
import type { RangeRequest } from '../range-request.js';
import { bytes, rangeRequest, TO_THE_END } from './requests.js';

const KEYS = ['a', 'aa', 'ab', 'b', 'b\0', 'c', 'd', 'k\xff', '\x00', '\xff', '\xff\xff', 'zz'];
const VALUES = ['', 'x', 'y', 'xy', 'long '.repeat(20)];

/** Random requests over few keys, so that they meet. Every choice comes from the one seed. */
export class RequestGenerator {
  readonly #rng: Rng;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.#rng.below(choices.length)] as T;
  }

  chance(percent: number): boolean {
    return this.#rng.below(100) < percent;
  }

  below(limit: number): number {
    return this.#rng.below(limit);
  }

  key(): string {
    return this.pick(KEYS);
  }

  /** May be empty, open or even before the key. */
  rangeEnd(): Uint8Array {
    return this.pick([EMPTY_BYTES, TO_THE_END, bytes(this.key()), bytes(this.key())]);
  }

  lease(): LeaseId {
    return this.chance(60) ? NO_LEASE : LeaseId(BigInt(this.pick([1, 2, 3, 4])));
  }

  range(current: number): RangeRequest {
    const filter = (): number => (this.chance(85) ? 0 : this.#rng.below(current + 2));
    return rangeRequest(this.key(), {
      rangeEnd: this.rangeEnd(),
      limit: this.pick([0, 0, 1, 2, 3, 5, 50]),
      revision: this.#revision(current),
      sortOrder: this.pick(['none', 'none', 'ascend', 'descend']),
      sortTarget: this.pick(['key', 'key', 'version', 'create', 'mod', 'value']),
      keysOnly: this.chance(30),
      countOnly: this.chance(15),
      minModRevision: filter(),
      maxModRevision: filter(),
      minCreateRevision: filter(),
      maxCreateRevision: filter(),
    });
  }

  /** Keeps the rule of the edge: no key is put twice, and none is put and deleted, on one path. */
  txn(current: number, depth = 0, used = new Set<string>()): TxnRequest {
    const branch = (): Operation[] => {
      const mine = new Set(used);
      return Array.from({ length: this.#rng.below(4) }, () =>
        this.#operation(current, depth, mine),
      );
    };
    const compares = Array.from({ length: this.#rng.below(3) }, () => this.compare(current));
    return { compares, success: branch(), failure: branch() };
  }

  compare(current: number): Compare {
    const targets: CompareTarget[] = [
      { kind: 'version', value: this.#rng.below(3) },
      { kind: 'create', value: this.#rng.below(current + 1) },
      { kind: 'mod', value: this.#rng.below(current + 1) },
      { kind: 'value', value: bytes(this.pick(VALUES)) },
      { kind: 'lease', value: this.lease() },
    ];
    return {
      key: bytes(this.key()),
      rangeEnd: this.chance(60) ? EMPTY_BYTES : this.rangeEnd(),
      result: this.pick(['equal', 'notEqual', 'greater', 'less', 'unknown']),
      target: this.pick(targets),
    };
  }

  #revision(current: number): number {
    if (this.chance(50)) return 0;
    return this.chance(10) ? this.pick([-1, -7]) : this.#rng.below(current + 3);
  }

  #operation(current: number, depth: number, used: Set<string>): Operation {
    const kind = this.pick(['range', 'put', 'put', 'put', 'deleteRange', 'txn'] as const);
    const key = this.key();
    if (kind === 'range') {
      const range = this.range(current);
      return { kind, request: this.chance(80) ? { ...range, revision: 0 } : range };
    }
    if (kind === 'txn' && depth < 2) {
      const request = this.txn(current, depth + 1, used);
      for (const nested of [...request.success, ...request.failure]) markUsed(used, nested);
      return { kind, request };
    }
    if (kind === 'put' && !used.has(key)) {
      used.add(key);
      return { kind, request: this.put(key) };
    }
    if (used.has(key)) return { kind: 'range', request: rangeRequest(key) };
    // A range only before any put: a wider one could meet a key that was put.
    const wide = used.size === 0 && this.chance(30);
    const rangeEnd = wide ? this.rangeEnd() : EMPTY_BYTES;
    if (wide && rangeEnd.length > 0) for (const any of KEYS) used.add(any);
    used.add(key);
    return {
      kind: 'deleteRange',
      request: { key: bytes(key), rangeEnd, prevKv: this.chance(50) },
    };
  }

  put(key = this.key()): Extract<Operation, { kind: 'put' }>['request'] {
    const ignoreLease = this.chance(10);
    const ignoreValue = this.chance(10);
    return {
      key: bytes(key),
      value: ignoreValue ? EMPTY_BYTES : bytes(this.pick(VALUES)),
      lease: ignoreLease ? NO_LEASE : this.lease(),
      prevKv: this.chance(40),
      ignoreValue,
      ignoreLease,
    };
  }
}

function markUsed(used: Set<string>, operation: Operation): void {
  if (operation.kind === 'range') return;
  if (operation.kind === 'txn') {
    for (const nested of [...operation.request.success, ...operation.request.failure]) {
      markUsed(used, nested);
    }
    return;
  }
  if (operation.kind === 'deleteRange' && operation.request.rangeEnd.length > 0) {
    for (const key of KEYS) used.add(key);
  }
  used.add(Buffer.from(operation.request.key).toString('latin1'));
}
