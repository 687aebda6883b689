import { LeaseId, NO_LEASE } from '@etcd-ts/foundation';
import type { OperationAccess, TxnAccess } from './request-access.js';
import { PermissionType } from './role.js';
import {
  addRole,
  addUser,
  as,
  bytes,
  enableWithRoot,
  openAuth,
  permission,
} from './testing/store.js';

const { READ, WRITE } = PermissionType;

/** A user who may read r, write w, both with rw, and nothing else; a lease with a key of theirs. */
function limitedUser() {
  const { store, leases } = openAuth();
  const rw = permission(PermissionType.READWRITE, 'rw');
  addRole(store, 'limited', permission(READ, 'r'), permission(WRITE, 'w'), rw);
  addUser(store, 'u', 'limited');
  enableWithRoot(store);
  leases.set(LeaseId(1n), ['w', 'rw']);
  leases.set(LeaseId(2n), ['w', 'secret']);
  return { store, requests: store.requests, leases, u: as(store, 'u') };
}

const range = (key: string, end = ''): OperationAccess => ({
  kind: 'range',
  request: { key: bytes(key), rangeEnd: bytes(end) },
});
const put = (key: string, options: { lease?: bigint; prevKv?: boolean } = {}): OperationAccess => ({
  kind: 'put',
  request: {
    key: bytes(key),
    lease: options.lease === undefined ? NO_LEASE : LeaseId(options.lease),
    prevKv: options.prevKv ?? false,
  },
});
const deletion = (key: string, end = '', prevKv = false): OperationAccess => ({
  kind: 'deleteRange',
  request: { key: bytes(key), rangeEnd: bytes(end), prevKv },
});
const txn = (parts: Partial<TxnAccess>): OperationAccess => ({
  kind: 'txn',
  request: { compares: [], success: [], failure: [], ...parts },
});

const PERMITTED: readonly OperationAccess[] = [
  range('r'),
  range('rw'),
  put('w'),
  put('rw', { prevKv: true }),
  put('w', { lease: 1n }),
  put('w', { lease: 99n }),
  deletion('w'),
  deletion('rw', '', true),
  txn({}),
  txn({ compares: [{ key: bytes('r'), rangeEnd: bytes('') }], success: [put('w')] }),
];
const FORBIDDEN: readonly OperationAccess[] = [
  range('w'),
  range('r', 's'),
  range('r', '\0'),
  put('r'),
  put('w', { prevKv: true }),
  put('w', { lease: 2n }),
  put('rw', { lease: 2n, prevKv: true }),
  deletion('r'),
  deletion('w', 'x'),
  deletion('w', '\0'),
  deletion('w', '', true),
  txn({ compares: [{ key: bytes('w'), rangeEnd: bytes('') }] }),
  txn({ compares: [{ key: bytes('r'), rangeEnd: bytes('\0') }] }),
];

/** The operation where it hides: in a branch, in a branch of a branch, ..., behind a harmless one. */
function hidden(operation: OperationAccess, depth: number, branch: 'success' | 'failure') {
  let outer: TxnAccess = { compares: [], success: [], failure: [], [branch]: [operation] };
  for (let level = 1; level < depth; level++) {
    const inner: OperationAccess = { kind: 'txn', request: outer };
    outer = { compares: [], success: [], failure: [], [branch]: [put('w'), inner] };
  }
  return outer;
}

describe('a transaction', () => {
  it.each([1, 2, 3, 10])('is permitted as its operations are, %d deep', (depth) => {
    const { requests, u } = limitedUser();
    for (const branch of ['success', 'failure'] as const) {
      for (const operation of PERMITTED) {
        expect(requests.txn(u, hidden(operation, depth, branch))).toBeUndefined();
      }
      for (const operation of FORBIDDEN) {
        expect(requests.txn(u, hidden(operation, depth, branch))).toBe('PermissionDenied');
      }
    }
  });

  it('asks once for a lease that many of its puts use, and again in the next request', () => {
    const { store, u, leases, requests } = limitedUser();
    const many = Array.from({ length: 128 }, () => put('w', { lease: 1n }));
    let asked = 0;
    leases.set(
      LeaseId(1n),
      countedKeys(['w'], () => asked++),
    );
    expect(requests.txn(u, { compares: [], success: many, failure: many })).toBeUndefined();
    expect(asked).toBe(1);
    leases.set(LeaseId(1n), ['secret']);
    expect(requests.txn(u, { compares: [], success: many, failure: [] })).toBe('PermissionDenied');
    expect(requests.txn(store.asRoot(), { compares: [], success: many, failure: [] })).toBe(
      undefined,
    );
  });
});

function countedKeys(keys: string[], counted: () => void): string[] {
  return new Proxy(keys, {
    get(target, property, receiver) {
      if (property === Symbol.iterator) counted();
      return Reflect.get(target, property, receiver) as unknown;
    },
  });
}

describe('a single request', () => {
  it('is permitted as it is within a transaction', () => {
    const { requests, u } = limitedUser();
    for (const operation of [...PERMITTED, ...FORBIDDEN]) {
      const expected = FORBIDDEN.includes(operation) ? 'PermissionDenied' : undefined;
      if (operation.kind === 'put') expect(requests.put(u, operation.request)).toBe(expected);
      if (operation.kind === 'deleteRange') {
        expect(requests.deleteRange(u, operation.request)).toBe(expected);
      }
    }
  });
});

describe('a lease', () => {
  it('is revoked and renewed only by who may write all its keys', () => {
    const { store, requests, u } = limitedUser();
    expect(requests.leaseWrite(u, LeaseId(1n))).toBeUndefined();
    expect(requests.leaseWrite(u, LeaseId(2n))).toBe('PermissionDenied');
    expect(requests.leaseWrite(u, LeaseId(99n))).toBeUndefined();
    expect(requests.leaseWrite(store.asRoot(), LeaseId(2n))).toBeUndefined();
  });

  it('tells its keys only to who may read all of them', () => {
    const { store, requests, leases, u } = limitedUser();
    leases.set(LeaseId(3n), ['r', 'rw']);
    expect(requests.leaseRead(u, [LeaseId(3n)])).toBeUndefined();
    expect(requests.leaseRead(u, [LeaseId(3n), LeaseId(1n)])).toBe('PermissionDenied');
    expect(requests.leaseRead(store.asRoot(), leases.keys())).toBeUndefined();
    expect(requests.leaseRead({ username: '', revision: 0 }, [LeaseId(3n)])).toBe('UserEmpty');
  });
});
