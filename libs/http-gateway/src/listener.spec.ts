import { FakeNode, serve } from './testing/served-node.js';
import type { ServedNode } from './testing/served-node.js';

const TEXT = 'text/plain; charset=utf-8';

let node: FakeNode;
let served: ServedNode;

async function start(face: 'client' | 'metrics' = 'client'): Promise<void> {
  served = await serve(node, face);
}

beforeEach(() => (node = new FakeNode()));
afterEach(() => served.close());

describe('/version', () => {
  it('names the server, the cluster and the storage, without a line feed', async () => {
    await start();
    expect(await served.ask('/version')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json', 'content-length': '62' },
      body: '{"etcdserver":"3.7.1","etcdcluster":"3.7.0","storage":"3.7.0"}',
    });
    node.decided = false;
    expect((await served.ask('/version')).body).toBe(
      '{"etcdserver":"3.7.1","etcdcluster":"not_decided","storage":"unknown"}',
    );
  });
});

describe('/health', () => {
  const unhealthy = (reason: string): object => ({
    status: 503,
    headers: { 'content-type': TEXT, 'x-content-type-options': 'nosniff' },
    body: `{"health":"false","reason":"${reason}"}\n`,
  });

  it('is true after a linearizable read, or a serializable one if that is enough', async () => {
    await start();
    const healthy = {
      status: 200,
      headers: { 'content-type': TEXT },
      body: '{"health":"true","reason":""}',
    };
    expect(await served.ask('/health')).toMatchObject(healthy);
    node.leader = false;
    expect(await served.ask('/health?serializable=true')).toMatchObject(healthy);
    expect(node.reads).toEqual(['linearizable', 'serializable']);
    expect(served.observed).toEqual(['health true', 'health true']);
  });

  it('is false with an alarm, unless that one is excluded', async () => {
    await start();
    node.raised = ['NOSPACE', 'CORRUPT'];
    expect(await served.ask('/health')).toMatchObject(unhealthy('ALARM NOSPACE'));
    expect(await served.ask('/health?exclude=NOSPACE')).toMatchObject(unhealthy('ALARM CORRUPT'));
    expect((await served.ask('/health?exclude=NOSPACE&exclude=CORRUPT')).status).toBe(200);
    expect(served.observed).toEqual(['health false', 'health false', 'health true']);
  });

  it('is false without a leader and after a read that failed', async () => {
    await start();
    node.leader = false;
    expect(await served.ask('/health')).toMatchObject(unhealthy('RAFT NO LEADER'));
    node.leader = true;
    node.readError = new Error('etcdserver: request timed out');
    expect(await served.ask('/health')).toMatchObject(
      unhealthy('RANGE ERROR:etcdserver: request timed out'),
    );
  });
});

describe('/livez and /readyz', () => {
  it('are ok, and list their checks when asked', async () => {
    await start();
    expect(await served.ask('/livez')).toMatchObject({
      status: 200,
      headers: { 'content-type': TEXT },
      body: 'ok\n',
    });
    expect((await served.ask('/livez?verbose')).body).toBe('[+]serializable_read ok\nok\n');
    expect((await served.ask('/readyz?verbose&exclude=linearizable_read')).body).toBe(
      '[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read excluded: ok\n[+]non_learner ok\nok\n',
    );
    expect(node.reads).not.toContain('linearizable');
  });

  it('tell what failed', async () => {
    await start();
    node.raised = ['CORRUPT'];
    node.learner = true;
    expect(await served.ask('/readyz')).toMatchObject({
      status: 503,
      body:
        '[-]data_corruption failed: alarm activated: CORRUPT\n[+]serializable_read ok\n' +
        '[+]linearizable_read ok\n[-]non_learner failed: not supported for learner\n',
    });
    expect(served.observed).toContain('readyz non_learner false');
    expect((await served.ask('/livez')).status).toBe(200);
    expect((await served.ask('/readyz?exclude=data_corruption&exclude=non_learner')).status).toBe(
      200,
    );
  });

  it('have each check at a path of its own', async () => {
    await start();
    node.readError = new Error('etcdserver: no leader');
    expect(await served.ask('/readyz/linearizable_read')).toMatchObject({
      status: 503,
      body: '[-]linearizable_read failed: etcdserver: no leader\n',
    });
    expect((await served.ask('/readyz/non_learner')).body).toBe('ok\n');
    for (const path of [
      '/livez/non_learner',
      '/readyz/x',
      '/readyz/',
      '/livez/serializable_read/x',
    ]) {
      expect((await served.ask(path)).status).toBe(404);
    }
  });
});

describe('/metrics and /debug/vars', () => {
  it('serve the metrics with the type scrapers expect, to any method', async () => {
    await start();
    for (const method of ['GET', 'POST', 'PUT']) {
      expect(await served.ask('/metrics', method)).toMatchObject({
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        body: 'etcd_server_has_leader 1\n',
      });
    }
    expect(await served.ask('/metrics', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('serve the variables in the layout of expvar', async () => {
    await start();
    const { body, headers } = await served.ask('/debug/vars');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(body).toMatch(
      /^\{\n"cmdline": \["etcd","--name=a"\],\n"file_descriptor_limit": 20000,\n/,
    );
    expect(body).toContain(
      '"raft.status": {"id":"6fb0da9e2cae6baa","term":2,"vote":"6fb0da9e2cae6baa","commit":6,' +
        '"lead":"6fb0da9e2cae6baa","raftState":"StateLeader","applied":6,"progress":' +
        '{"6fb0da9e2cae6baa":{"match":6,"next":7,"state":"StateReplicate"}},"leadtransferee":"0"}\n}\n',
    );
    expect(() => JSON.parse(body) as unknown).not.toThrow();
  });
});

describe('what is not there', () => {
  it.each(['/', '/nope', '/version/', '/v2/keys', '/v3/kv/put', '/debug', '/debug/pprof/'])(
    'is 404 at %s',
    async (path) => {
      await start();
      expect(await served.ask(path)).toMatchObject({
        status: 404,
        headers: { 'content-type': TEXT, 'x-content-type-options': 'nosniff' },
        body: '404 page not found\n',
      });
    },
  );

  it.each(['/version', '/health', '/livez', '/readyz/non_learner', '/debug/vars'])(
    'is every method but GET at %s',
    async (path) => {
      await start();
      for (const method of ['POST', 'PUT', 'DELETE', 'HEAD']) {
        expect(await served.ask(path, method)).toMatchObject({
          status: 405,
          headers: { allow: 'GET', 'content-type': TEXT, 'content-length': '19' },
          body: method === 'HEAD' ? '' : 'Method Not Allowed\n',
        });
      }
    },
  );

  it('is a path that is not clean: the clean one is named', async () => {
    await start();
    expect(await served.ask('//version?x=1&y=2')).toMatchObject({
      status: 301,
      headers: { location: '/version?x=1&y=2' },
      body: '<a href="/version?x=1&amp;y=2">Moved Permanently</a>.\n\n',
    });
    expect((await served.ask('/a/../version')).headers['location']).toBe('/version');
  });
});

describe('a metrics URL', () => {
  it('serves metrics and health, and nothing else', async () => {
    await start('metrics');
    for (const path of ['/metrics', '/health', '/livez', '/readyz/data_corruption']) {
      const reply = await served.ask(path);
      expect(reply.status).toBe(200);
      expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
    }
    for (const path of ['/version', '/debug/vars', '/'])
      expect((await served.ask(path)).status).toBe(404);
    expect((await served.ask('/health', 'OPTIONS')).status).toBe(405);
  });
});
