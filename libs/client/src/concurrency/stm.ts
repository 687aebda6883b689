import type { CallOptions } from '@etcd-ts/rpc';
import type { KeyValue, TxnResponse } from '@etcd-ts/wire-protocol';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { Bytes } from '../kv/key-range.js';
import { toBuffer } from '../kv/key-range.js';
import type { PutOptions } from '../kv/requests.js';
import type { Operation } from '../kv/requests.js';
import { compare, del, put } from '../kv/txn.js';
import type { Namespaced } from '../namespaced.js';

export interface StmOptions extends CallOptions {
  /**
   * `serializable` (the default): all reads are of one revision, and nothing read has changed when
   * the writes happen. `repeatable-reads`: each key is read once, of whatever revision.
   */
  readonly isolation?: 'serializable' | 'repeatable-reads';
  /** Conflicts after which it gives up with Aborted. Default: 1000. */
  readonly maxAttempts?: number;
}

const DEFAULT_MAX_ATTEMPTS = 1000;

/** What happens inside: reads see the transaction's own writes. */
export class StmAttempt {
  readonly #client: Namespaced;
  readonly #options: StmOptions;
  /** By latin1, which has one character for every byte. */
  readonly #reads = new Map<string, KeyValue | undefined>();
  readonly #writes = new Map<string, { value: Buffer | undefined; operation: Operation }>();
  #revision: bigint | undefined;

  constructor(client: Namespaced, options: StmOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** undefined: the key is not there. */
  async get(key: Bytes): Promise<Buffer | undefined> {
    const name = toBuffer(key).toString('latin1');
    const written = this.#writes.get(name);
    if (written !== undefined) return written.value;
    if (!this.#reads.has(name)) this.#reads.set(name, await this.#read(key));
    return this.#reads.get(name)?.value;
  }

  put(key: Bytes, value: Bytes, options: PutOptions = {}): void {
    this.#write(key, { value: toBuffer(value), operation: put(key, value, options) });
  }

  delete(key: Bytes): void {
    this.#write(key, { value: undefined, operation: del(key) });
  }

  /** Succeeds if nothing that was read has changed since. */
  commit(): Promise<TxnResponse> {
    const reads = [...this.#reads].map(([name, pair]) => ({
      key: Buffer.from(name, 'latin1'),
      pair,
    }));
    return this.#client.kv
      .txn()
      .if(...reads.map(({ key, pair }) => compare(key).modRevision.equals(pair?.modRevision ?? 0n)))
      .do(...[...this.#writes.values()].map(({ operation }) => operation))
      .commit(this.#options);
  }

  async #read(key: Bytes): Promise<KeyValue | undefined> {
    const { isolation = 'serializable' } = this.#options;
    const revision = isolation === 'serializable' ? this.#revision : undefined;
    const { kvs, header } = await this.#client.kv.range(key, {
      ...this.#options,
      ...(revision !== undefined && { revision }),
    });
    this.#revision ??= header?.revision;
    return kvs[0];
  }

  #write(key: Bytes, write: { value: Buffer | undefined; operation: Operation }): void {
    const name = toBuffer(key).toString('latin1');
    this.#writes.set(name, write);
  }
}

/**
 * Software transactional memory: `apply` reads and writes as if it were alone, and is run again from
 * the start when somebody else changed what it read. It should do nothing but that.
 */
export async function runStm<Result>(
  client: Namespaced,
  apply: (transaction: StmAttempt) => Promise<Result> | Result,
  options: StmOptions = {},
): Promise<Result> {
  const { maxAttempts = DEFAULT_MAX_ATTEMPTS, signal } = options;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    signal?.throwIfAborted();
    const transaction = new StmAttempt(client, options);
    const result = await apply(transaction);
    const { succeeded } = await transaction.commit();
    if (succeeded) return result;
  }
  const message = `stm: gave up after ${maxAttempts} conflicts`;
  throw new EtcdError({ code: GrpcStatus.Aborted, message });
}
