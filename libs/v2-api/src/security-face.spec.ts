import { Served } from './testing/served.js';

let served: Served;
beforeEach(async () => {
  served = await Served.start();
});
afterEach(() => served.close());

const ROOT = 'root:pw';

async function ask(method: string, path: string, json?: unknown, user?: string): Promise<string> {
  const options = {
    ...(json === undefined ? {} : { json }),
    ...(user === undefined ? {} : { user }),
  };
  const { status, body } = await served.ask(method, `/v2/auth/${path}`, options);
  return `${status} ${body.trim()}`.trim();
}

async function key(method: string, path: string, user?: string): Promise<number> {
  return (await served.ask(method, `/v2/keys${path}`, user === undefined ? {} : { user })).status;
}

const user = (name: string, rest: object) => ask('PUT', `users/${name}`, { user: name, ...rest });
const role = (name: string, rest: object) => ask('PUT', `roles/${name}`, { role: name, ...rest });
const kv = (read: readonly string[] | null, write: readonly string[] | null) => ({
  kv: { read, write },
});

describe('users of the v2 API', () => {
  it('are made, given and taken roles, and listed with what these allow', async () => {
    expect(await ask('GET', 'users')).toBe('200 {"users":null}');
    expect(await user('ann', { password: 'x' })).toBe('201 {"user":"ann","roles":null}');
    expect(await user('bob', { password: 'x', roles: ['r'] })).toBe(
      '200 {"user":"bob","roles":["r"]}',
    );
    expect(await ask('GET', 'users/bob')).toBe('404 {"message":"auth: Role r does not exist."}');
    await role('r', { permissions: kv(['/a'], null) });
    expect(await user('ann', { grant: ['r', 'q'] })).toBe('200 {"user":"ann","roles":["q","r"]}');
    expect(await user('ann', { revoke: ['q'] })).toBe('200 {"user":"ann","roles":["r"]}');
    const shown = '"roles":[{"role":"r","permissions":{"kv":{"read":["/a"],"write":null}}}]';
    expect(await ask('GET', 'users')).toBe(
      `200 {"users":[{"user":"ann",${shown}},{"user":"bob",${shown}}]}`,
    );
    expect(await ask('DELETE', 'users/ann')).toBe('200');
    expect(await ask('DELETE', 'users/ann')).toBe(
      '404 {"message":"auth: User ann does not exist"}',
    );
  });

  it('keep their passwords to themselves', async () => {
    expect(await user('ann', { password: 'secret' })).not.toContain('secret');
    expect(await ask('GET', 'users/ann')).toBe('200 {"user":"ann"}');
    expect(await ask('GET', 'users')).not.toContain('secret');
  });

  it('are refused what makes no sense', async () => {
    expect(await user('ann', {})).toBe(
      '400 {"message":"auth: Cannot create user ann with an empty password"}',
    );
    await user('ann', { password: 'x' });
    expect(await user('ann', { password: 'x', roles: ['r'] })).toBe(
      '409 {"message":"auth: User ann already exists."}',
    );
    expect(await user('ann', { grant: ['r'], roles: ['r'] })).toBe(
      '400 {"message":"User JSON contains both roles and grant/revoke"}',
    );
    expect(await user('ann', { grant: ['r', 'r'] })).toBe(
      '409 {"message":"auth: Granting duplicate role r for user ann"}',
    );
    expect(await user('ann', { revoke: ['r'] })).toBe(
      '409 {"message":"auth: Revoking ungranted role r for user ann"}',
    );
    await user('ann', { roles: [] });
    expect(await user('ann', { roles: [] })).toContain(
      'User not updated. Use grant/revoke/password',
    );
    expect(await user('nobody', { grant: ['r'] })).toBe(
      '404 {"message":"auth: User nobody does not exist."}',
    );
    expect(await ask('PUT', 'users/ann', { user: 'bob', password: 'x' })).toBe(
      '400 {"message":"User JSON name does not match the name in the URL"}',
    );
    expect(await ask('PUT', 'users/ann', [])).toBe(
      '400 {"message":"Invalid JSON in request body."}',
    );
    expect(await ask('GET', 'users/a/b')).toBe('400 {"message":"Invalid path"}');
    expect(await ask('PUT', 'users')).toBe('405 Method Not Allowed');
  });

  it('take as much of the body as Go’s decoder does', async () => {
    const form = '{"USER":"ann","Password":"x{}\\"","other":[{}]} and more';
    const headers = { 'Content-Type': 'application/json' };
    expect(await served.ask('PUT', '/v2/auth/users/ann', { form, headers })).toMatchObject({
      status: 201,
    });
  });
});

describe('roles of the v2 API', () => {
  it('are made, changed and listed, with the one that is always there', async () => {
    expect(await role('r', {})).toBe(
      '201 {"role":"r","permissions":{"kv":{"read":null,"write":null}}}',
    );
    expect(await role('r', { grant: kv(['/b', '/a'], null) })).toBe(
      '200 {"role":"r","permissions":{"kv":{"read":["/a","/b"],"write":[]}}}',
    );
    expect(await role('r', { revoke: kv(['/a', '/none'], null) })).toContain('"read":["/b"]');
    const root = '{"role":"root","permissions":{"kv":{"read":["/*"],"write":["/*"]}}}';
    expect(await ask('GET', 'roles')).toBe(
      `200 {"roles":[{"role":"r","permissions":{"kv":{"read":["/b"],"write":[]}}},${root}]}`,
    );
    expect(await ask('GET', 'roles/root')).toBe(`200 ${root}`);
    expect(await ask('DELETE', 'roles/r')).toBe('200');
    expect(await ask('DELETE', 'roles/r')).toBe('404 {"message":"auth: Role r doesn\'t exist."}');
    expect(await ask('GET', 'roles/r')).toBe('404 {"message":"auth: Role r does not exist."}');
  });

  it('are refused what makes no sense', async () => {
    await role('r', { permissions: kv(['/a'], ['/a']) });
    expect(await role('r', {})).toBe('409 {"message":"auth: Role r already exists."}');
    expect(await role('r', { grant: kv(null, ['/a']) })).toBe(
      '409 {"message":"auth: Granting duplicate write permission /a"}',
    );
    expect(await role('r', { revoke: kv(['/none'], null) })).toBe(
      '400 {"message":"auth: Role not updated. Use grant/revoke to update the role."}',
    );
    expect(await role('r', { permissions: kv(['/a'], null), grant: kv(['/b'], null) })).toContain(
      'both permissions and grant/revoke',
    );
    expect(await role('root', {})).toBe(
      '403 {"message":"auth: Cannot modify role root: is root role."}',
    );
    expect(await ask('DELETE', 'roles/root')).toBe(
      '403 {"message":"auth: Cannot modify role root: is root role."}',
    );
  });
});

describe('users that count', () => {
  beforeEach(async () => {
    await user('root', { password: 'pw' });
    await role('r', { permissions: kv(['/a/*'], ['/a/x']) });
    await user('ann', { password: 'x', roles: ['r', 'gone'] });
  });

  it('do so from when a root enables them until a root disables them', async () => {
    expect(await ask('GET', 'enable')).toBe('200 {"enabled":false}');
    expect(await ask('DELETE', 'enable')).toBe('409 {"message":"auth: already disabled"}');
    expect(await ask('PUT', 'enable')).toBe('200');
    expect(await ask('PUT', 'enable', undefined, ROOT)).toBe(
      '409 {"message":"auth: already enabled"}',
    );
    expect(await ask('GET', 'enable')).toBe('200 {"enabled":true}');
    expect(await ask('DELETE', 'users/root', undefined, ROOT)).toBe(
      '403 {"message":"auth: Cannot delete root user while auth is enabled."}',
    );
    for (const stranger of [undefined, 'root:no', 'ann:x']) {
      expect(await ask('DELETE', 'enable', undefined, stranger)).toBe(
        '401 {"message":"Insufficient credentials"}',
      );
      expect(await ask('GET', 'roles', undefined, stranger)).toBe(
        '401 {"message":"Insufficient credentials"}',
      );
    }
    expect((await served.ask('DELETE', '/v2/members/12')).status).toBe(401);
    expect((await served.ask('GET', '/v2/members')).status).toBe(200);
    expect(await ask('DELETE', 'enable', undefined, ROOT)).toBe('200');
    expect(await ask('GET', 'roles')).toMatch(/^200/u);
  });

  it('need a root', async () => {
    await ask('DELETE', 'users/root');
    expect(await ask('PUT', 'enable')).toBe(
      '409 {"message":"auth: No root user available, please create one"}',
    );
  });

  it('may what their roles allow, and below a key only with a star', async () => {
    await ask('PUT', 'enable');
    expect(await key('GET', '/a/y', 'ann:x')).toBe(404);
    expect(await key('GET', '/a?recursive=true', 'ann:x')).toBe(401);
    expect(await key('GET', '/a/?recursive=true', 'ann:x')).toBe(404);
    expect(await key('PUT', '/a/x', 'ann:x')).toBe(201);
    expect(await key('PUT', '/a/y', 'ann:x')).toBe(401);
    expect(await key('DELETE', '/a/x?recursive=true', 'ann:x')).toBe(401);
    expect(await key('DELETE', '/?recursive=true', ROOT)).toBe(400);
    const { body, headers } = await served.ask('GET', '/v2/keys/a/x', { user: 'ann:wrong' });
    expect(headers['x-etcd-cluster-id']).toBe('cdf818194e3a8c32');
    expect(body).toBe(
      '{"errorCode":110,"message":"The request requires user authentication","cause":"Insufficient credentials","index":0}\n',
    );
  });

  it('are guests without a name, who may everything until somebody says less', async () => {
    await ask('PUT', 'enable');
    expect(await key('PUT', '/free')).toBe(201);
    await ask(
      'PUT',
      'roles/guest',
      { role: 'guest', revoke: kv(['/*'], ['/*']), grant: kv(['/pub'], null) },
      ROOT,
    );
    expect(await key('GET', '/pub?recursive=true')).toBe(404);
    expect(await key('GET', '/free')).toBe(401);
    for (const header of ['Bearer x', 'Basic !', 'Basic']) {
      const { status } = await served.ask('GET', '/v2/keys/pub', {
        headers: { Authorization: header },
      });
      expect(status).toBe(401);
    }
    await ask('DELETE', 'roles/guest', undefined, ROOT);
    expect(await key('GET', '/pub')).toBe(401);
  });

  it('are told nothing of why a change failed', async () => {
    served.server.refusal = new Error('etcdserver: request timed out');
    expect(await user('bob', { password: 'x' })).toBe('500 {"message":"Internal Server Error"}');
  });
});
