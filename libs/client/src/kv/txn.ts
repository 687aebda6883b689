import type { CallOptions, ServiceClient } from '@etcd-ts/rpc';
import type { Compare, KVDefinition, TxnRequest, TxnResponse } from '@etcd-ts/wire-protocol';
import { Compare_CompareResult, Compare_CompareTarget } from '@etcd-ts/wire-protocol';
import type { Bytes, Keys } from './key-range.js';
import { toBuffer, toKeyRange } from './key-range.js';
import type { KeySpace } from './key-space.js';
import type { DeleteOptions, Integer, Operation, PutOptions, RangeOptions } from './requests.js';
import { requestOp } from './requests.js';
import { inwardTxn } from './responses.js';

/** `compare('a').version.equals(0)`: a condition of a transaction, on one key or a whole range. */
export type Condition = (space: KeySpace) => Compare;

export interface Comparison<Value> {
  equals(value: Value): Condition;
  isNot(value: Value): Condition;
  isGreaterThan(value: Value): Condition;
  isLessThan(value: Value): Condition;
}

/** A key that does not exist has 0 in every number; its value compares with nothing. */
export interface Comparisons {
  readonly version: Comparison<Integer>;
  readonly createRevision: Comparison<Integer>;
  readonly modRevision: Comparison<Integer>;
  readonly lease: Comparison<Integer>;
  readonly value: Comparison<Bytes>;
}

type TargetUnion = NonNullable<Compare['targetUnion']>;

/** Of a range: the condition must hold for every key in it. */
export function compare(keys: Keys): Comparisons {
  const on = <Value>(
    target: Compare_CompareTarget,
    union: (value: Value) => TargetUnion,
  ): Comparison<Value> => {
    const with_ =
      (result: Compare_CompareResult) =>
      (value: Value): Condition =>
      (space) => ({
        ...space.outward(toKeyRange(keys)),
        target,
        result,
        targetUnion: union(value),
      });
    return {
      equals: with_(Compare_CompareResult.EQUAL),
      isNot: with_(Compare_CompareResult.NOT_EQUAL),
      isGreaterThan: with_(Compare_CompareResult.GREATER),
      isLessThan: with_(Compare_CompareResult.LESS),
    };
  };
  return {
    version: on(Compare_CompareTarget.VERSION, (v) => ({ $case: 'version', value: BigInt(v) })),
    createRevision: on(Compare_CompareTarget.CREATE, (v) => ({
      $case: 'createRevision',
      value: BigInt(v),
    })),
    modRevision: on(Compare_CompareTarget.MOD, (v) => ({ $case: 'modRevision', value: BigInt(v) })),
    lease: on(Compare_CompareTarget.LEASE, (v) => ({ $case: 'lease', value: BigInt(v) })),
    value: on(Compare_CompareTarget.VALUE, (v) => ({ $case: 'value', value: toBuffer(v) })),
  };
}

/** The key is there. */
export const exists = (key: Bytes): Condition => compare(key).createRevision.isGreaterThan(0);
/** The key is not there. */
export const isMissing = (key: Bytes): Condition => compare(key).createRevision.equals(0);

export const get = (keys: Keys, options: RangeOptions = {}): Operation => ({
  kind: 'range',
  keys,
  options,
});
export const put = (key: Bytes, value: Bytes, options: PutOptions = {}): Operation => ({
  kind: 'put',
  key,
  value,
  options,
});
export const del = (keys: Keys, options: DeleteOptions = {}): Operation => ({
  kind: 'delete',
  keys,
  options,
});

type KvCalls = Pick<ServiceClient<KVDefinition>, 'txn'>;

/**
 * If all conditions hold then these operations, else those, at one revision. The parts may be given
 * in any order and several times; a builder can be committed more than once.
 */
export class Txn {
  readonly #calls: KvCalls;
  readonly #space: KeySpace;
  readonly #conditions: Condition[] = [];
  readonly #success: Operation[] = [];
  readonly #failure: Operation[] = [];

  constructor(calls: KvCalls, space: KeySpace) {
    this.#calls = calls;
    this.#space = space;
  }

  if(...conditions: readonly Condition[]): this {
    this.#conditions.push(...conditions);
    return this;
  }

  /** Not `then`: a builder with that name would be taken for a promise by `await`. */
  do(...operations: readonly Operation[]): this {
    this.#success.push(...operations);
    return this;
  }

  else(...operations: readonly Operation[]): this {
    this.#failure.push(...operations);
    return this;
  }

  /** This transaction as an operation of another one. */
  nested(): Operation {
    return { kind: 'txn', request: (space) => this.#request(space) };
  }

  /** Keys in the responses are the namespace's. */
  async commit(options: CallOptions = {}): Promise<TxnResponse> {
    return inwardTxn(this.#space, await this.#calls.txn(this.#request(this.#space), options));
  }

  #request(space: KeySpace): TxnRequest {
    return {
      compare: this.#conditions.map((condition) => condition(space)),
      success: this.#success.map((operation) => requestOp(space, operation)),
      failure: this.#failure.map((operation) => requestOp(space, operation)),
    };
  }
}
