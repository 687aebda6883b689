import type { CallOptions } from '@etcd-ts/rpc';
import type { ResponseHeader } from '@etcd-ts/wire-protocol';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { Bytes } from '../kv/key-range.js';
import { toBuffer } from '../kv/key-range.js';
import type { Condition } from '../kv/txn.js';
import { compare } from '../kv/txn.js';
import type { Namespaced } from '../namespaced.js';
import type { Session } from './session.js';
import { awaitTurn, placesFor, takePlace, type Place } from './turn.js';

/**
 * A mutex held by a session, compatible with etcd's own (`etcdctl lock`, the Lock service). A pause
 * of this process can outlast the lease: guard what the lock protects with `isHeld` in a transaction.
 */
export class Lock {
  readonly name: Bytes;
  readonly #client: Namespaced;
  readonly #session: Session;
  #place: Place | undefined;
  #header: ResponseHeader | undefined;

  constructor(client: Namespaced, session: Session, name: Bytes) {
    this.#client = client;
    this.#session = session;
    this.name = name;
  }

  /** Of the answer by which the lock was acquired. */
  get header(): ResponseHeader | undefined {
    return this.#header;
  }

  /** The key that says it is held; undefined: it is not. */
  get key(): Buffer | undefined {
    return this.#place?.key;
  }

  /** A condition for transactions: they fail when the lock has been lost. */
  get isHeld(): Condition {
    const { key, revision } = this.#place ?? { key: '\0', revision: -1n };
    return compare(key).createRevision.equals(revision);
  }

  /** Waits for its turn. A wait that is aborted or fails gives its place up. */
  async acquire(options: CallOptions = {}): Promise<void> {
    const key = this.#session.keyOf(this.name);
    const { lease, lost } = this.#session;
    const { place } = await takePlace(this.#client, { key, value: '', lease }, options);
    try {
      const signal = options.signal === undefined ? lost : AbortSignal.any([options.signal, lost]);
      await awaitTurn(this.#client, this.name, place, { signal });
      // The lease may have expired while waiting: then the turn is somebody else's.
      const { kvs, header } = await this.#client.kv.range(key, { signal });
      if (kvs[0]?.createRevision !== place.revision) throw lostPlace(this.name);
      this.#header = header;
      this.#place = place;
    } catch (error) {
      // With the session lost the key is gone anyway, and there may be nobody to tell.
      if (!lost.aborted) await this.#client.kv.delete(key).catch(() => undefined);
      throw error;
    }
  }

  /** false, at once: somebody else has it. */
  async tryAcquire(options: CallOptions = {}): Promise<boolean> {
    const key = this.#session.keyOf(this.name);
    const { lease } = this.#session;
    const { place } = await takePlace(this.#client, { key, value: '', lease }, options);
    const { kvs, header } = await this.#client.kv.range(placesFor(this.name), {
      ...options,
      sortBy: 'CREATE',
      limit: 1,
    });
    if (kvs[0]?.createRevision === place.revision) {
      this.#header = header;
      this.#place = place;
      return true;
    }
    await this.#client.kv.delete(key, options);
    return false;
  }

  async release(options: CallOptions = {}): Promise<void> {
    if (this.#place === undefined) return;
    await this.#client.kv.delete(this.#place.key, options);
    this.#place = undefined;
  }
}

function lostPlace(name: Bytes): EtcdError {
  const message = `lock ${String(toBuffer(name))}: the session expired while waiting`;
  return new EtcdError({ code: GrpcStatus.Aborted, message });
}
