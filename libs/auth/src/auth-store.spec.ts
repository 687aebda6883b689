import type { AuthFailure } from './auth-failure.js';
import { credentialsOf } from './call-credentials.js';
import { PermissionType, ROOT_PERMISSION } from './role.js';
import {
  addRole,
  addUser,
  as,
  bytes,
  enableWithRoot,
  failureOf,
  openAuth,
  permission,
  succeed,
} from './testing/store.js';

const { READ, WRITE, READWRITE } = PermissionType;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const withHash = (hash: string) => ({ password: '', hashedPassword: base64(hash) });

describe('enabling authentication', () => {
  it('needs a user root who has the role root, which need not exist', () => {
    const { store } = openAuth();
    expect(failureOf(store.enable())).toBe('RootUserNotExist');
    addUser(store, 'root');
    expect(failureOf(store.enable())).toBe('RootRoleNotExist');
    succeed(store.users.grantRole('root', 'root'));
    expect(failureOf(store.enable())).toBeUndefined();
    expect(failureOf(store.enable())).toBeUndefined();
    expect(store.enabled).toBe(true);
  });

  it('protects root from then on, and not before', () => {
    const { store } = openAuth();
    addRole(store, 'root');
    enableWithRoot(store);
    expect(failureOf(store.users.delete('root'))).toBe('InvalidAuthMgmt');
    expect(failureOf(store.users.revokeRole('root', 'root'))).toBe('InvalidAuthMgmt');
    expect(failureOf(store.roles.delete('root'))).toBe('InvalidAuthMgmt');
    store.disable();
    succeed(store.roles.delete('root'));
    expect(failureOf(store.users.revokeRole('root', 'root'))).toBe('RoleNotGranted');
    succeed(store.users.delete('root'));
  });
});

describe('the auth revision', () => {
  it('begins at 1 and counts what changed something', () => {
    const { store } = openAuth();
    expect(store.revision).toBe(1);
    const steps: [string, () => unknown, number][] = [
      ['user add', () => addUser(store, 'root'), 1],
      ['user add again', () => store.users.add({ ...NEW_USER, name: 'root' }), 0],
      ['role grant', () => store.users.grantRole('root', 'root'), 1],
      ['role grant again', () => store.users.grantRole('root', 'root'), 0],
      ['role add', () => store.roles.add('r'), 1],
      ['permission grant', () => store.roles.grantPermission('r', permission(READ, 'k')), 1],
      ['the same again', () => store.roles.grantPermission('r', permission(READ, 'k')), 1],
      ['permission revoke', () => store.roles.revokePermission('r', permission(0, 'k')), 1],
      ['permission revoke again', () => store.roles.revokePermission('r', permission(0, 'k')), 0],
      ['change password', () => store.users.changePassword('root', withHash('other')), 1],
      ['enable', () => store.enable(), 0],
      ['disable', () => store.disable(), 1],
      ['disable again', () => store.disable(), 0],
      ['role revoke', () => store.users.revokeRole('root', 'root'), 1],
      ['role delete', () => store.roles.delete('r'), 1],
      ['user delete', () => store.users.delete('root'), 1],
      ['login', () => store.logIn({ username: 'x', tokenPrefix: 'p', index: 1 }), 0],
    ];
    for (const [name, step, by] of steps) {
      const before = store.revision;
      step();
      expect([name, store.revision - before]).toEqual([name, by]);
    }
  });

  it('is not the only sign of a change: the generation moves with enabling and loading, too', () => {
    const { store } = openAuth();
    addUser(store, 'root', 'root');
    const seen = [store.generation];
    succeed(store.enable());
    seen.push(store.generation);
    store.load();
    seen.push(store.generation);
    expect(new Set(seen).size).toBe(3);
  });
});

const NEW_USER = { name: 'u', noPassword: false, ...withHash('h') };

describe('users', () => {
  it('are refused for the reasons etcd has', () => {
    const { store } = openAuth();
    addUser(store, 'u');
    addRole(store, 'r');
    const refusals: [() => AuthFailure | undefined, AuthFailure][] = [
      [() => failureOf(store.users.add({ ...NEW_USER, name: '' })), 'UserEmpty'],
      [() => failureOf(store.users.add(NEW_USER)), 'UserAlreadyExist'],
      [() => failureOf(store.users.delete('v')), 'UserNotFound'],
      [() => failureOf(store.users.changePassword('v', withHash('h'))), 'UserNotFound'],
      [() => failureOf(store.users.grantRole('v', 'r')), 'UserNotFound'],
      [() => failureOf(store.users.grantRole('u', 's')), 'RoleNotFound'],
      [() => failureOf(store.users.revokeRole('v', 'r')), 'UserNotFound'],
      [() => failureOf(store.users.revokeRole('u', 'r')), 'RoleNotGranted'],
      [() => failureOf(store.users.get('v')), 'UserNotFound'],
    ];
    for (const [attempt, failure] of refusals) expect(attempt()).toBe(failure);
  });

  it('may come with a hash, or with a password from a log older than hashes, not with nonsense', () => {
    const { store } = openAuth();
    succeed(store.users.add({ ...NEW_USER, name: 'old', password: 'pw', hashedPassword: '' }));
    const nonsense = { ...NEW_USER, name: 'new', hashedPassword: '%%%' };
    expect(failureOf(store.users.add(nonsense))).toBe('NoPasswordUser');
    expect(store.users.list()).toEqual(['old']);
    addUser(store, 'root', 'root');
    succeed(store.enable());
    const { passwordHash } = succeed(store.passwordOf('old'));
    expect(Buffer.from(passwordHash).toString()).toBe('hashed pw');
  });

  it('without a password stay without, and cannot log in with one', () => {
    const { store } = openAuth();
    enableWithRoot(store);
    succeed(store.users.add({ ...NEW_USER, name: 'cert', noPassword: true }));
    succeed(store.users.changePassword('cert', withHash('h')));
    expect(failureOf(store.passwordOf('cert'))).toBe('NoPasswordUser');
    const login = { username: 'cert', tokenPrefix: 'p', index: 1 };
    expect(failureOf(store.logIn(login))).toBe('AuthFailed');
  });

  it('are listed in the order of their bytes, their roles as well', () => {
    const { store } = openAuth();
    const names = ['b', 'a', '\u{1f600}', '\uff5e', 'ab'];
    for (const name of names) {
      addUser(store, name);
      addRole(store, name);
      succeed(store.users.grantRole('b', name));
    }
    const sorted = ['a', 'ab', 'b', '\uff5e', '\u{1f600}'];
    expect(store.users.list()).toEqual(sorted);
    expect(store.roles.list()).toEqual(sorted);
    expect(succeed(store.users.get('b'))).toEqual(sorted);
  });
});

describe('roles', () => {
  it('are refused for the reasons etcd has', () => {
    const { store } = openAuth();
    addRole(store, 'r', permission(READ, 'k', 'm'));
    const grant = (key: string, rangeEnd?: string) =>
      failureOf(store.roles.grantPermission('r', permission(READ, key, rangeEnd)));
    expect(failureOf(store.roles.add(''))).toBe('RoleEmpty');
    expect(failureOf(store.roles.add('r'))).toBe('RoleAlreadyExist');
    expect(failureOf(store.roles.delete('s'))).toBe('RoleNotFound');
    expect(failureOf(store.roles.get('s'))).toBe('RoleNotFound');
    expect(failureOf(store.roles.grantPermission('r', undefined))).toBe('PermissionNotGiven');
    expect(failureOf(store.roles.grantPermission('s', permission(READ, 'k')))).toBe('RoleNotFound');
    for (const [key, end] of [
      ['', ''],
      ['', '\0'],
      ['b', 'a'],
      ['b', 'b'],
    ] as const) {
      expect(grant(key, end)).toBe('InvalidAuthMgmt');
    }
    expect(grant('b', '\0')).toBeUndefined();
    const part = { key: bytes('k'), rangeEnd: bytes('l') };
    expect(failureOf(store.roles.revokePermission('r', part))).toBe('PermissionNotGranted');
    expect(failureOf(store.roles.revokePermission('s', part))).toBe('RoleNotFound');
  });

  it('change the type of a permission that is granted again, and keep others sorted by key', () => {
    const { store } = openAuth();
    addRole(store, 'r', permission(READ, 'm'), permission(READ, 'a', 'c'), permission(WRITE, 'm'));
    expect(succeed(store.roles.get('r'))).toEqual([
      permission(READ, 'a', 'c'),
      permission(WRITE, 'm'),
    ]);
    expect(succeed(openRootRole())).toEqual([ROOT_PERMISSION]);
  });

  it('are taken from their users when they are deleted', () => {
    const { store } = openAuth();
    addRole(store, 'r', permission(READWRITE, 'k'));
    addRole(store, 's');
    addUser(store, 'u', 'r', 's');
    succeed(store.roles.delete('r'));
    expect(succeed(store.users.get('u'))).toEqual(['s']);
  });
});

function openRootRole() {
  const { store } = openAuth();
  addRole(store, 'root', permission(READ, 'k'));
  return store.roles.get('root');
}

describe('a store that is loaded', () => {
  it('knows everything again, from the buckets alone', () => {
    const first = openAuth();
    addRole(first.store, 'r', permission(READ, 'a', 'c'), permission(WRITE, 'x', '\0'));
    addUser(first.store, 'u', 'r');
    enableWithRoot(first.store);
    const { store } = openAuth(first.buckets);
    expect(store.enabled).toBe(true);
    expect(store.revision).toBe(first.store.revision);
    expect(store.users.list()).toEqual(['root', 'u']);
    expect(succeed(store.users.get('u'))).toEqual(['r']);
    expect(succeed(store.roles.get('r'))).toEqual(succeed(first.store.roles.get('r')));
    expect(succeed(store.passwordOf('u'))).toEqual(succeed(first.store.passwordOf('u')));
  });

  it('forgets what the buckets no longer say, tokens included', async () => {
    const member = openAuth();
    enableWithRoot(member.store);
    succeed(member.store.logIn({ username: 'root', tokenPrefix: 'p', index: 7 }));
    member.store.load();
    expect(await member.tokens.identify('p.7', 1)).toBeDefined();
    // A snapshot from a member that went on: another password, and a user of its own.
    const ahead = openAuth(member.buckets);
    succeed(ahead.store.users.changePassword('root', withHash('new')));
    addUser(ahead.store, 'v');
    member.store.load();
    expect(await member.tokens.identify('p.7', 1)).toBeUndefined();
    expect(member.store.users.list()).toEqual(['root', 'v']);
  });
});

describe('logging in', () => {
  it('is for known users while authentication is enabled', () => {
    const { store } = openAuth();
    addUser(store, 'u');
    const login = { username: 'u', tokenPrefix: 'p', index: 1 };
    expect(failureOf(store.passwordOf('u'))).toBe('AuthNotEnabled');
    expect(failureOf(store.logIn(login))).toBe('AuthNotEnabled');
    enableWithRoot(store);
    expect(failureOf(store.passwordOf('nobody'))).toBe('AuthFailed');
    expect(failureOf(store.logIn({ ...login, username: 'nobody' }))).toBe('AuthFailed');
    expect(succeed(store.passwordOf('u')).revision).toBe(store.revision);
  });

  it('makes a token that is void once the password changes, the user goes, or auth is disabled', () => {
    const { store, tokens } = openAuth();
    enableWithRoot(store);
    for (const name of ['u', 'v', 'w']) {
      addUser(store, name);
      succeed(store.logIn({ username: name, tokenPrefix: name, index: 9 }));
    }
    const alive = () => ['u.9', 'v.9', 'w.9'].filter((token) => tokens.identify(token, 1));
    expect(alive()).toEqual(['u.9', 'v.9', 'w.9']);
    succeed(store.users.changePassword('u', withHash('x')));
    succeed(store.users.delete('v'));
    expect(alive()).toEqual(['w.9']);
    store.disable();
    expect(alive()).toEqual([]);
  });
});

describe('the sender of a call', () => {
  const call = (metadata: Record<string, string>, commonName?: string) =>
    credentialsOf({ get: (name) => metadata[name] }, commonName);
  function openWithToken() {
    const { store } = openAuth();
    enableWithRoot(store);
    addUser(store, 'u');
    succeed(store.logIn({ username: 'u', tokenPrefix: 'p', index: 3 }));
    return store;
  }

  it('is nobody in particular while authentication is disabled', async () => {
    const { store } = openAuth();
    const identity = succeed(await store.identify(call({ token: 'any' }, 'u')));
    expect(identity).toBeUndefined();
  });

  it('is whose token it is, with or without the word before it', async () => {
    const store = openWithToken();
    for (const metadata of [
      { token: 'p.3' },
      { token: 'Bearer p.3' },
      { authorization: 'p.3' },
      { authorization: 'Bearer p.3' },
      { token: 'p.3', authorization: 'nonsense' },
    ]) {
      expect(succeed(await store.identify(call(metadata)))).toEqual(as(store, 'u'));
    }
    for (const token of ['', 'Bearer ', 'p.4', 'p.3 ', 'bearer p.3']) {
      expect(failureOf(await store.identify(call({ token }, 'u')))).toBe('InvalidAuthToken');
    }
  });

  it('is the name in the certificate if there is no token, unless the gateway called', async () => {
    const store = openWithToken();
    expect(succeed(await store.identify(call({}, 'root')))).toEqual(as(store, 'root'));
    expect(succeed(await store.identify(call({ token: 'p.3' }, 'root')))?.username).toBe('u');
    expect(succeed(await store.identify(call({}, '')))).toBeUndefined();
    expect(succeed(await store.identify(call({}, undefined)))).toBeUndefined();
    const gateway = { 'grpcgateway-accept': 'application/json' };
    expect(succeed(await store.identify(call(gateway, 'root')))).toBeUndefined();
  });
});
