import { LeaseId, SILENT_LOGGER } from '@etcd-ts/foundation';
import type { BinaryString, Clock } from '@etcd-ts/foundation';
import type { AuthFailure, AuthOutcome } from '../auth-failure.js';
import { AuthStore } from '../auth-store.js';
import type { Permission } from '../role.js';
import { SimpleTokens } from '../simple-tokens.js';
import type { AuthInfo } from '../user.js';
import { MemoryBuckets } from './memory-buckets.js';

export class TestClock implements Clock {
  nowMs = 1_000;

  monotonicMs(): number {
    return this.nowMs;
  }

  wallMs(): number {
    return this.nowMs;
  }
}

export interface TestAuth {
  readonly store: AuthStore;
  readonly tokens: SimpleTokens;
  readonly clock: TestClock;
  readonly buckets: MemoryBuckets;
  readonly leases: Map<LeaseId, BinaryString[]>;
}

/** A loaded store in memory. Passwords "hash" to themselves. */
export function openAuth(buckets = new MemoryBuckets()): TestAuth {
  const clock = new TestClock();
  let drawn = 0;
  const tokens = new SimpleTokens({
    clock,
    ttlSeconds: 300,
    secureBelow: (limit) => drawn++ % limit,
    applied: () => true,
  });
  const leases = new Map<LeaseId, BinaryString[]>();
  const store = new AuthStore({
    buckets,
    tokens,
    keysOfLease: (lease) => leases.get(lease) ?? [],
    hashNow: (password) => Buffer.from(`hashed ${password}`),
    logger: SILENT_LOGGER,
  });
  store.load();
  return { store, tokens, clock, buckets, leases };
}

export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

export const permission = (type: number, key: string, rangeEnd = ''): Permission => ({
  type,
  key: bytes(key),
  rangeEnd: bytes(rangeEnd),
});

export function addUser(store: AuthStore, name: string, ...roles: string[]): void {
  succeed(
    store.users.add({
      name,
      noPassword: false,
      password: '',
      hashedPassword: Buffer.from(`hash of ${name}`).toString('base64'),
    }),
  );
  for (const role of roles) succeed(store.users.grantRole(name, role));
}

export function addRole(store: AuthStore, name: string, ...permissions: Permission[]): void {
  succeed(store.roles.add(name));
  for (const granted of permissions) succeed(store.roles.grantPermission(name, granted));
}

export function enableWithRoot(store: AuthStore): void {
  addUser(store, 'root', 'root');
  succeed(store.enable());
}

export const as = (store: AuthStore, username: string): AuthInfo => ({
  username,
  revision: store.revision,
});

export function succeed<T>(outcome: AuthOutcome<T>): T {
  if (outcome.kind === 'ok') return outcome.value;
  throw new Error(`refused: ${outcome.failure}`);
}

export function failureOf(outcome: AuthOutcome<unknown>): AuthFailure | undefined {
  return outcome.kind === 'refused' ? outcome.failure : undefined;
}
