import fc from 'fast-check';
import { PermissionType } from './role.js';
import {
  addRole,
  addUser,
  as,
  bytes,
  enableWithRoot,
  openAuth,
  permission,
  succeed,
} from './testing/store.js';
import { NOBODY } from './user.js';

const { READ, WRITE, READWRITE } = PermissionType;

describe('access to keys', () => {
  it('is free while authentication is disabled, even for nobody', () => {
    const { access } = openAuth().store;
    expect(access.isPutPermitted(NOBODY, bytes('k'))).toBeUndefined();
    expect(access.isAdminPermitted(undefined)).toBeUndefined();
    expect(access.isAnyonePermitted(undefined)).toBeUndefined();
  });

  it('is refused for the first reason that holds', () => {
    const { store } = openAuth();
    addRole(store, 'r', permission(READ, 'k'));
    addUser(store, 'u', 'r');
    enableWithRoot(store);
    const put = (username: string, revision: number) =>
      store.access.isPutPermitted({ username, revision }, bytes('k'));
    expect(put('nobody', 0)).toBe('UserEmpty');
    expect(put('nobody', store.revision - 1)).toBe('AuthOldRevision');
    expect(put('root', store.revision - 1)).toBe('AuthOldRevision');
    expect(put('nobody', store.revision)).toBe('PermissionDenied');
    expect(put('u', store.revision)).toBe('PermissionDenied');
    expect(put('root', store.revision)).toBeUndefined();
    expect(put('root', store.revision + 1)).toBeUndefined();
  });

  it('to one key is not access to a range that begins there', () => {
    const { store } = openAuth();
    addRole(store, 'r', permission(READ, 'k'));
    addUser(store, 'u', 'r');
    enableWithRoot(store);
    const read = (key: string, end: string) =>
      store.access.isRangePermitted(as(store, 'u'), bytes(key), bytes(end));
    expect(read('k', '')).toBeUndefined();
    expect(read('k', 'k\0')).toBeUndefined();
    for (const end of ['\0', 'k\0\0', 'k\x01', 'l', 'k0', '\xff\xff']) {
      expect([end, read('k', end)]).toEqual([end, 'PermissionDenied']);
    }
    for (const [key, end] of [
      ['', ''],
      ['', '\0'],
      ['\0', '\0'],
      ['', 'k'],
      ['k\0', ''],
    ] as const) {
      expect([key, end, read(key, end)]).toEqual([key, end, 'PermissionDenied']);
    }
  });

  it('takes effect and ends with the very change that grants or revokes it', () => {
    const { store } = openAuth();
    addRole(store, 'r');
    addUser(store, 'u');
    enableWithRoot(store);
    const read = () => store.access.isRangePermitted(as(store, 'u'), bytes('k'), bytes(''));
    expect(read()).toBe('PermissionDenied');
    succeed(store.users.grantRole('u', 'r'));
    expect(read()).toBe('PermissionDenied');
    succeed(store.roles.grantPermission('r', permission(READ, 'a', '\0')));
    expect(read()).toBeUndefined();
    succeed(store.roles.revokePermission('r', permission(READ, 'a', '\0')));
    expect(read()).toBe('PermissionDenied');
    succeed(store.roles.grantPermission('r', permission(READWRITE, 'k')));
    expect(read()).toBeUndefined();
    succeed(store.users.revokeRole('u', 'r'));
    expect(read()).toBe('PermissionDenied');
  });
});

const LETTERS = ['\0', 'a', 'b', '\xff'];
const KEYS = [...LETTERS, ...LETTERS.flatMap((a) => LETTERS.map((b) => a + b))];
const BOUNDS = [...KEYS, ...KEYS.map((key) => `${key}\0`)];
const key = fc.constantFrom(...KEYS);
const rangeEnd = fc.oneof(fc.constant(''), fc.constant('\0'), key);
const granted = fc
  .tuple(fc.constantFrom(READ, WRITE, READWRITE, 3, -1), key, rangeEnd)
  .filter(([, from, end]) => end === '' || end === '\0' || from < end);

/** The same range twice would be one permission: the second grant replaces the first. */
const roleOf = fc.uniqueArray(granted, {
  maxLength: 4,
  selector: ([, from, end]) => JSON.stringify([from, end]),
});

/** As etcd documents it: no end is one key, a zero byte is no end. */
const inRange = (at: string, from: string, end: string): boolean => {
  if (end === '') return at === from;
  return from <= at && (end === '\0' || at < end);
};

describe('permissions of several roles', () => {
  it('are together what they are for each single key', () => {
    fc.assert(
      fc.property(fc.array(roleOf, { maxLength: 3 }), key, rangeEnd, (roles, from, end) => {
        fc.pre(end === '' || end === '\0' || from < end);
        const { store } = openAuth();
        addUser(store, 'u');
        for (const [at, permissions] of roles.entries()) {
          addRole(store, `r${at}`, ...permissions.map((one) => permission(...one)));
          succeed(store.users.grantRole('u', `r${at}`));
        }
        enableWithRoot(store);
        const asked = BOUNDS.filter((at) => inRange(at, from, end));
        const may = (types: readonly number[]) =>
          asked.every((at) =>
            roles.flat().some(([type, a, b]) => types.includes(type) && inRange(at, a, b)),
          );
        const { access } = store;
        const range = [as(store, 'u'), bytes(from), bytes(end)] as const;
        expect(access.isRangePermitted(...range)).toBe(
          may([READ, READWRITE]) ? undefined : 'PermissionDenied',
        );
        expect(access.isDeleteRangePermitted(...range)).toBe(
          may([WRITE, READWRITE]) ? undefined : 'PermissionDenied',
        );
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('administration', () => {
  it('is for users with the role root, whatever their revision', () => {
    const { store } = openAuth();
    addUser(store, 'u');
    enableWithRoot(store);
    const { access } = store;
    expect(access.isAdminPermitted(undefined)).toBe('UserEmpty');
    expect(access.isAdminPermitted(NOBODY)).toBe('UserEmpty');
    expect(access.isAdminPermitted(as(store, 'nobody'))).toBe('UserNotFound');
    expect(access.isAdminPermitted(as(store, 'u'))).toBe('PermissionDenied');
    expect(access.isAdminPermitted({ username: 'root', revision: 1 })).toBeUndefined();
  });

  it('lets everybody look at themselves and at the roles they have, and no further', () => {
    const { store } = openAuth();
    addRole(store, 'r');
    addRole(store, 's');
    addUser(store, 'u', 'r');
    enableWithRoot(store);
    const { access } = store;
    const u = as(store, 'u');
    expect(access.isUserGetPermitted(u, 'u')).toBeUndefined();
    expect(access.isUserGetPermitted(u, 'root')).toBe('PermissionDenied');
    expect(access.isUserGetPermitted(undefined, 'u')).toBe('UserEmpty');
    expect(access.isRoleGetPermitted(u, 'r')).toBeUndefined();
    expect(access.isRoleGetPermitted(u, 's')).toBe('PermissionDenied');
    expect(access.isRoleGetPermitted(undefined, 'r')).toBe('UserEmpty');
  });

  it('lets anybody with a name do what needs only that', () => {
    const { store } = openAuth();
    enableWithRoot(store);
    expect(store.access.isAnyonePermitted(undefined)).toBe('UserEmpty');
    expect(store.access.isAnyonePermitted(as(store, 'u'))).toBeUndefined();
    expect(store.access.isAdminPermitted(store.asRoot())).toBeUndefined();
  });

  it('tells a reader that permissions changed while it read', () => {
    const { store } = openAuth();
    enableWithRoot(store);
    const info = as(store, 'root');
    expect(store.access.isStillPermitted(info)).toBeUndefined();
    addUser(store, 'u');
    expect(store.access.isStillPermitted(info)).toBe('AuthOldRevision');
    expect(store.access.isStillPermitted(undefined)).toBeUndefined();
  });
});
