import type { CallOptions, ServiceClient } from '@etcd-ts/rpc';
import type {
  CompactionResponse,
  DeleteRangeResponse,
  KeyValue,
  KVDefinition,
  PutResponse,
  RangeResponse,
} from '@etcd-ts/wire-protocol';
import type { Bytes, Keys } from './key-range.js';
import { toKeyRange } from './key-range.js';
import type { KeySpace } from './key-space.js';
import type { DeleteOptions, Integer, PutOptions, RangeOptions } from './requests.js';
import { deleteRequest, putRequest, rangeRequest } from './requests.js';
import { inwardDelete, inwardPut, inwardRange } from './responses.js';
import { Txn } from './txn.js';

/** How many keys `entries` asks for at once. */
const PAGE_KEYS = 1000;

/** Keys and values. Everything rejects with an EtcdError, or with the reason of an aborted signal. */
export class Kv {
  readonly #calls: ServiceClient<KVDefinition>;
  readonly #space: KeySpace;

  constructor(calls: ServiceClient<KVDefinition>, space: KeySpace) {
    this.#calls = calls;
    this.#space = space;
  }

  /** The one key; undefined: it is not there. */
  async get(key: Bytes, options: RangeOptions & CallOptions = {}): Promise<KeyValue | undefined> {
    return (await this.range(key, options)).kvs[0];
  }

  async range(keys: Keys, options: RangeOptions & CallOptions = {}): Promise<RangeResponse> {
    const request = rangeRequest(this.#space, keys, options);
    return inwardRange(this.#space, await this.#calls.range(request, options));
  }

  /** How many keys there are, without reading them. */
  async count(
    keys: Keys,
    options: CallOptions & Pick<RangeOptions, 'revision'> = {},
  ): Promise<number> {
    return Number((await this.range(keys, { ...options, countOnly: true })).count);
  }

  /**
   * All keys of a range, in order and of one revision, however many there are: read in pages as the
   * loop takes them. Fails with Compacted when it takes longer than the revision lasts.
   */
  async *entries(
    keys: Keys,
    options: Omit<RangeOptions, 'limit' | 'sortBy' | 'descending' | 'countOnly'> & CallOptions = {},
  ): AsyncGenerator<KeyValue, void, undefined> {
    let { revision } = options;
    let { key } = toKeyRange(keys);
    const { rangeEnd } = toKeyRange(keys);
    for (;;) {
      const page = await this.range(
        { key, rangeEnd },
        { ...options, limit: PAGE_KEYS, ...(revision !== undefined && { revision }) },
      );
      yield* page.kvs;
      const last = page.kvs.at(-1);
      if (!page.more || last === undefined) return;
      revision ??= page.header?.revision ?? 0n;
      key = Buffer.concat([last.key, Buffer.of(0)]);
    }
  }

  /** The same in one call (etcd 3.7): the pieces as the server sends them, one revision. */
  async *stream(
    keys: Keys,
    options: Omit<RangeOptions, 'sortBy' | 'descending'> & CallOptions = {},
  ): AsyncGenerator<RangeResponse, void, undefined> {
    const request = rangeRequest(this.#space, keys, options);
    for await (const { rangeResponse } of this.#calls.rangeStream(request, options)) {
      if (rangeResponse !== undefined) yield inwardRange(this.#space, rangeResponse);
    }
  }

  async put(
    key: Bytes,
    value: Bytes,
    options: PutOptions & CallOptions = {},
  ): Promise<PutResponse> {
    const request = putRequest(this.#space, key, value, options);
    return inwardPut(this.#space, await this.#calls.put(request, options));
  }

  async delete(
    keys: Keys,
    options: DeleteOptions & CallOptions = {},
  ): Promise<DeleteRangeResponse> {
    const request = deleteRequest(this.#space, keys, options);
    return inwardDelete(this.#space, await this.#calls.deleteRange(request, options));
  }

  txn(): Txn {
    return new Txn(this.#calls, this.#space);
  }

  /** `physical`: wait until the history is gone from the member's disk. */
  compact(
    revision: Integer,
    options: CallOptions & { readonly physical?: boolean } = {},
  ): Promise<CompactionResponse> {
    const { physical = false } = options;
    return this.#calls.compact({ revision: BigInt(revision), physical }, options);
  }
}
