import { Served } from './testing/served.js';

let served: Served;
beforeEach(async () => {
  served = await Served.start();
});
afterEach(() => served.close());

const LOCAL = '8e9e05c52164694d';

async function ask(method: string, path: string, json?: unknown): Promise<string> {
  const { status, body } = await served.ask(
    method,
    `/v2/members${path}`,
    json === undefined ? {} : { json },
  );
  return `${status} ${body.trim()}`.trim();
}

const peers = (...peerURLs: readonly string[]) => ({ peerURLs });

describe('/v2/members', () => {
  it('lists the members and names the leader, in etcd’s form', async () => {
    const local = `{"id":"${LOCAL}","name":"default","peerURLs":["http://127.0.0.1:2380"],"clientURLs":["http://127.0.0.1:2379"]}`;
    for (const path of ['', '/']) expect(await ask('GET', path)).toBe(`200 {"members":[${local}]}`);
    expect(await ask('GET', '/leader')).toBe(`200 ${local}`);
    served.server.hasLeader = false;
    expect(await ask('GET', '/leader')).toBe('503 {"message":"During election"}');
    expect(await ask('GET', `/${LOCAL}`)).toBe('404 {"message":"Not found"}');
  });

  it('adds, changes and removes', async () => {
    expect(await ask('POST', '', peers('http://10.0.0.2:2380'))).toBe(
      '201 {"id":"a1","name":"","peerURLs":["http://10.0.0.2:2380"],"clientURLs":[]}',
    );
    expect(await ask('POST', '', peers('http://10.0.0.2:2380'))).toBe(
      '409 {"message":"membership: peerURL exists"}',
    );
    expect(await ask('PUT', '/a1', peers('http://10.0.0.3:2380'))).toBe('204');
    expect(await ask('PUT', '/a1', peers('http://127.0.0.1:2380'))).toBe(
      '409 {"message":"membership: peerURL exists"}',
    );
    expect(await ask('DELETE', '/a1')).toBe('204');
    expect(await ask('DELETE', '/a1')).toBe('410 {"message":"Member permanently removed: a1"}');
    expect(await ask('DELETE', `/${LOCAL}`)).toBe('500 {"message":"Internal Server Error"}');
  });

  it.each(['zz', '12', 'a/b', '12345678901234567'])('knows no member %s', async (id) => {
    const unknown = `404 {"message":"No such member: ${id}"}`;
    expect(await ask('DELETE', `/${id}`)).toBe(unknown);
    expect(await ask('PUT', `/${id}`, peers('http://a:1'))).toBe(unknown);
  });

  it.each([
    [peers(), 'no valid URLs given'],
    [{}, 'no valid URLs given'],
    [null, 'no valid URLs given'],
    [peers('foo'), 'URL scheme must be http, https, unix, or unixs: foo'],
    [peers('http://a:1/x'), 'URL must not contain a path: http://a:1/x'],
    [peers('http://a'), 'URL address does not have the form \\"host:port\\": http://a'],
  ])('refuses %j', async (body, message) => {
    expect(await ask('POST', '', body)).toBe(`400 {"message":"${message}"}`);
  });

  it('wants JSON, and says so', async () => {
    const { status, body } = await served.ask('POST', '/v2/members', { form: 'a=1' });
    expect(status).toBe(415);
    expect(body).toBe(
      '{"message":"Bad Content-Type application/x-www-form-urlencoded, accept application/json"}',
    );
    const headers = { 'Content-Type': 'application/json; charset=utf-8' };
    expect((await served.ask('POST', '/v2/members', { form: '', headers })).body).toBe(
      '{"message":"unexpected end of JSON input"}',
    );
    expect(await ask('POST', '', [])).toContain('{"message":"json: cannot unmarshal');
  });

  it('knows no other methods, and none without a member for those that need one', async () => {
    for (const method of ['HEAD', 'PATCH']) {
      const { status, headers } = await served.ask(method, '/v2/members');
      expect([status, headers['allow']]).toEqual([405, 'GET,POST,DELETE,PUT']);
    }
    expect(await ask('DELETE', '')).toBe('405 Method Not Allowed');
  });
});

describe('/v2/machines', () => {
  it('lists the client URLs as old clients want them', async () => {
    await ask('POST', '', peers('http://10.0.0.2:2380'));
    const { status, headers, body } = await served.ask('GET', '/v2/machines');
    expect([status, headers['content-type'], body]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'http://127.0.0.1:2379',
    ]);
    expect((await served.ask('PUT', '/v2/machines')).headers['allow']).toBe('GET,HEAD');
  });
});

describe('/v2/stats', () => {
  const stats = async (page: string) => (await served.ask('GET', `/v2/stats/${page}`)).body;

  it('counts what the store did', async () => {
    await served.ask('PUT', '/v2/keys/a', { form: { value: '1' } });
    expect(await stats('store')).toBe(
      '{"getsSuccess":0,"getsFail":0,"setsSuccess":3,"setsFail":0,"deleteSuccess":0,"deleteFail":0,' +
        '"updateSuccess":0,"updateFail":0,"createSuccess":1,"createFail":0,"compareAndSwapSuccess":0,' +
        '"compareAndSwapFail":0,"compareAndDeleteSuccess":0,"compareAndDeleteFail":0,"expireCount":0,"watchers":0}',
    );
  });

  it('tells of this member', async () => {
    expect(await stats('self')).toBe(
      `{"name":"default","id":"${LOCAL}","state":"StateLeader","startTime":"2023-11-14T22:13:20Z",` +
        `"leaderInfo":{"leader":"${LOCAL}","uptime":"0s","startTime":"2023-11-14T22:13:20Z"},` +
        '"recvAppendRequestCnt":0,"sendAppendRequestCnt":0}',
    );
  });

  it('tells of the followers, if it leads', async () => {
    expect(await stats('leader')).toBe(`{"leader":"${LOCAL}","followers":{}}`);
    const latency = { current: 0.5, average: 1, standardDeviation: 0, minimum: 0.1, maximum: 2 };
    served.server.followerReports = { b: { latency, counts: { fail: 1, success: 2 } } };
    expect(JSON.parse(await stats('leader'))).toEqual({
      leader: LOCAL,
      followers: { b: { latency, counts: { fail: 1, success: 2 } } },
    });
    served.server.followerReports = undefined;
    expect(await served.ask('GET', '/v2/stats/leader')).toMatchObject({
      status: 403,
      body: '{"message":"not current leader"}',
    });
  });

  it('has no other pages', async () => {
    for (const path of [
      '/v2',
      '/v2/',
      '/v2/stats',
      '/v2/stats/',
      '/v2/stats/self/',
      '/v2/stats/constructor',
      '/v2/stats/hasOwnProperty',
      '/v2/stats/__proto__',
      '/v2/keysx',
      '/v2/auth',
    ]) {
      expect(await served.ask('GET', path)).toMatchObject({
        status: 404,
        body: '404 page not found\n',
      });
    }
  });
});
