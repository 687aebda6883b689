import { AuthStore } from '@etcd-ts/auth';
import type { AuthBuckets, TokenProvider } from '@etcd-ts/auth';
import { SILENT_LOGGER } from '@etcd-ts/foundation';

class MemoryBuckets implements AuthBuckets {
  readonly #values = new Map<string, Uint8Array>();

  bucketPut(bucket: string, key: Uint8Array, value: Uint8Array): void {
    this.#values.set(`${bucket}/${Buffer.from(key).toString('hex')}`, value);
  }

  bucketDelete(bucket: string, key: Uint8Array): void {
    this.#values.delete(`${bucket}/${Buffer.from(key).toString('hex')}`);
  }

  bucketGet(bucket: string, key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(`${bucket}/${Buffer.from(key).toString('hex')}`);
  }

  /** Specs begin with an empty store and never load another. */
  *bucketEntries(): Iterable<readonly [Uint8Array, Uint8Array]> {}
}

/** An enabled store with a root, whose password nobody knows. */
export function openAuth(tokens: TokenProvider): AuthStore {
  const store = new AuthStore({
    buckets: new MemoryBuckets(),
    tokens,
    keysOfLease: () => [],
    hashNow: () => {
      throw new Error('not with a log of this time');
    },
    logger: SILENT_LOGGER,
  });
  store.load();
  addUser(store, 'root', '');
  store.users.grantRole('root', 'root');
  store.enable();
  return store;
}

export function addUser(store: AuthStore, name: string, hashedPassword: string): void {
  const outcome = store.users.add({ name, noPassword: false, password: '', hashedPassword });
  if (outcome.kind === 'refused') throw new Error(outcome.failure);
}
