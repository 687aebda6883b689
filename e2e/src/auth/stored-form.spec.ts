import { AuthStore, NO_TOKENS } from '@etcd-ts/auth';
import { SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import { Role, User } from '@etcd-ts/wire-protocol';

import { MemoryBuckets } from './memory-buckets.js';

function openStore(buckets: MemoryBuckets): AuthStore {
  const store = new AuthStore({
    buckets,
    tokens: NO_TOKENS,
    keysOfLease: () => [],
    hashNow: () => Buffer.alloc(0),
    logger: SILENT_LOGGER,
  });
  store.load();
  return store;
}

const randomBytes = (rng: SeededRng, limit: number): Buffer =>
  Buffer.from(Array.from({ length: 1 + rng.below(limit) }, () => rng.below(256)));

describe('users and roles in the backend', () => {
  it('have the very bytes that the contract’s own code would write', () => {
    const rng = new SeededRng(20_260_813);
    const buckets = new MemoryBuckets();
    const store = openStore(buckets);
    for (let at = 0; at < 40; at++) {
      const name = `name-${'ü'.repeat(rng.below(80))}-${at}`;
      store.roles.add(name);
      for (let grant = 0; grant < 3; grant++) {
        const range = { key: randomBytes(rng, 200), rangeEnd: Buffer.of(0) };
        store.roles.grantPermission(name, { type: rng.below(5) - 1, ...range });
      }
      const hashedPassword = randomBytes(rng, 60).toString('base64');
      store.users.add({ name, noPassword: at % 3 === 0, password: '', hashedPassword });
      store.users.grantRole(name, name);
    }
    expect([...buckets.bucketEntries('authUsers')]).toHaveLength(40);
    for (const [, value] of buckets.bucketEntries('authUsers')) {
      expect(Buffer.from(User.encode(User.decode(value)).finish())).toEqual(value);
      expect(User.decode(value)).toMatchObject({ roles: [expect.stringContaining('name-')] });
    }
    for (const [, value] of buckets.bucketEntries('authRoles')) {
      expect(Buffer.from(Role.encode(Role.decode(value)).finish())).toEqual(value);
      expect(Role.decode(value).keyPermission).toHaveLength(3);
    }
  });

  it('may have been written without options, as by etcd before 3.4', () => {
    const buckets = new MemoryBuckets();
    const old = User.fromPartial({ name: Buffer.from('u'), password: Buffer.from('h') });
    buckets.bucketPut('authUsers', Buffer.from('u'), User.encode(old).finish());
    const store = openStore(buckets);
    store.users.grantRole('u', 'root');
    const kept = User.decode(buckets.bucketGet('authUsers', Buffer.from('u')) ?? Buffer.alloc(0));
    expect(kept).toMatchObject({ roles: ['root'], options: undefined });
  });
});
