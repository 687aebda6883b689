import { request as httpRequest } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import type { AccessOptions } from './access.js';
import { createHttpServer } from './http-server.js';
import { clientListener, metricsListener } from './listener.js';
import type { AlarmName, NodeStatus } from './node-status.js';

/** A node in any state a test wants. */
class FakeNode implements NodeStatus {
  readonly serverVersion = '3.7.1';
  readonly commandLine = ['etcd', '--name=a'];
  readonly fileDescriptorLimit = 20000;
  decided = true;
  leader = true;
  learner = false;
  raised: AlarmName[] = [];
  readError: Error | undefined;
  readonly reads: string[] = [];

  clusterVersion = (): string | undefined => (this.decided ? '3.7.0' : undefined);
  storageVersion = (): string | undefined => (this.decided ? '3.7.0' : undefined);
  hasLeader = (): boolean => this.leader;
  isLearner = (): boolean => this.learner;
  alarms = (): readonly AlarmName[] => this.raised;
  probeRead = (kind: string): Promise<void> => {
    this.reads.push(kind);
    return this.readError === undefined ? Promise.resolve() : Promise.reject(this.readError);
  };
  raftStatus = () => ({
    id: '6fb0da9e2cae6baa',
    term: 2,
    vote: '6fb0da9e2cae6baa',
    commit: 6,
    lead: '6fb0da9e2cae6baa',
    raftState: 'StateLeader' as const,
    applied: 6,
    progress: { '6fb0da9e2cae6baa': { match: 6, next: 7, state: 'StateReplicate' as const } },
    leadtransferee: '0',
  });
  scrapeMetrics = () =>
    Promise.resolve({
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      text: 'etcd_server_has_leader 1\n',
    });
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let node: FakeNode;
let server: Server;
let seen: string[];

function serve(
  access: Partial<AccessOptions> = {},
  face: 'client' | 'metrics' = 'client',
): Promise<void> {
  const observer = {
    health: (healthy: boolean) => seen.push(`health ${healthy}`),
    check: (type: string, name: string, healthy: boolean) =>
      seen.push(`${type} ${name} ${healthy}`),
  };
  const options = { node, observer, logger: SILENT_LOGGER };
  server = createHttpServer(
    face === 'client'
      ? clientListener(options, { corsOrigins: ['*'], hostWhitelist: ['*'], ...access })
      : metricsListener(options),
  );
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

const port = (): number => (server.address() as AddressInfo).port;

function ask(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: port(), path, method, headers, agent: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers as Record<string, string>,
            body,
          }),
        );
      },
    );
    request.on('error', reject);
    request.end();
  });
}

/** The answer to bytes that no HTTP library would send, until the server ends the connection. */
function send(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port(), '127.0.0.1');
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (received += chunk));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
    socket.write(bytes, 'latin1');
  });
}

const TEXT = 'text/plain; charset=utf-8';

beforeEach(() => {
  node = new FakeNode();
  seen = [];
});
afterEach(
  () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
);

describe('/version', () => {
  it('names the server, the cluster and the storage, without a line feed', async () => {
    await serve();
    expect(await ask('/version')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json', 'content-length': '62' },
      body: '{"etcdserver":"3.7.1","etcdcluster":"3.7.0","storage":"3.7.0"}',
    });
    node.decided = false;
    expect((await ask('/version')).body).toBe(
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
    await serve();
    const healthy = {
      status: 200,
      headers: { 'content-type': TEXT },
      body: '{"health":"true","reason":""}',
    };
    expect(await ask('/health')).toMatchObject(healthy);
    node.leader = false;
    expect(await ask('/health?serializable=true')).toMatchObject(healthy);
    expect(node.reads).toEqual(['linearizable', 'serializable']);
    expect(seen).toEqual(['health true', 'health true']);
  });

  it('is false with an alarm, unless that one is excluded', async () => {
    await serve();
    node.raised = ['NOSPACE', 'CORRUPT'];
    expect(await ask('/health')).toMatchObject(unhealthy('ALARM NOSPACE'));
    expect(await ask('/health?exclude=NOSPACE')).toMatchObject(unhealthy('ALARM CORRUPT'));
    expect((await ask('/health?exclude=NOSPACE&exclude=CORRUPT')).status).toBe(200);
    expect(seen).toEqual(['health false', 'health false', 'health true']);
  });

  it('is false without a leader and after a read that failed', async () => {
    await serve();
    node.leader = false;
    expect(await ask('/health')).toMatchObject(unhealthy('RAFT NO LEADER'));
    node.leader = true;
    node.readError = new Error('etcdserver: request timed out');
    expect(await ask('/health')).toMatchObject(
      unhealthy('RANGE ERROR:etcdserver: request timed out'),
    );
  });
});

describe('/livez and /readyz', () => {
  it('are ok, and list their checks when asked', async () => {
    await serve();
    expect(await ask('/livez')).toMatchObject({
      status: 200,
      headers: { 'content-type': TEXT },
      body: 'ok\n',
    });
    expect((await ask('/livez?verbose')).body).toBe('[+]serializable_read ok\nok\n');
    expect((await ask('/readyz?verbose&exclude=linearizable_read')).body).toBe(
      '[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read excluded: ok\n[+]non_learner ok\nok\n',
    );
    expect(node.reads).not.toContain('linearizable');
  });

  it('tell what failed', async () => {
    await serve();
    node.raised = ['CORRUPT'];
    node.learner = true;
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body:
        '[-]data_corruption failed: alarm activated: CORRUPT\n[+]serializable_read ok\n' +
        '[+]linearizable_read ok\n[-]non_learner failed: not supported for learner\n',
    });
    expect(seen).toContain('readyz non_learner false');
    expect((await ask('/livez')).status).toBe(200);
    expect((await ask('/readyz?exclude=data_corruption&exclude=non_learner')).status).toBe(200);
  });

  it('have each check at a path of its own', async () => {
    await serve();
    node.readError = new Error('etcdserver: no leader');
    expect(await ask('/readyz/linearizable_read')).toMatchObject({
      status: 503,
      body: '[-]linearizable_read failed: etcdserver: no leader\n',
    });
    expect((await ask('/readyz/non_learner')).body).toBe('ok\n');
    for (const path of [
      '/livez/non_learner',
      '/readyz/x',
      '/readyz/',
      '/livez/serializable_read/x',
    ]) {
      expect((await ask(path)).status).toBe(404);
    }
  });
});

describe('/metrics and /debug/vars', () => {
  it('serve the metrics with the type scrapers expect, to any method', async () => {
    await serve();
    for (const method of ['GET', 'POST', 'PUT']) {
      expect(await ask('/metrics', method)).toMatchObject({
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        body: 'etcd_server_has_leader 1\n',
      });
    }
    expect(await ask('/metrics', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('serve the variables in the layout of expvar', async () => {
    await serve();
    const { body, headers } = await ask('/debug/vars');
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
      await serve();
      expect(await ask(path)).toMatchObject({
        status: 404,
        headers: { 'content-type': TEXT, 'x-content-type-options': 'nosniff' },
        body: '404 page not found\n',
      });
    },
  );

  it.each(['/version', '/health', '/livez', '/readyz/non_learner', '/debug/vars'])(
    'is every method but GET at %s',
    async (path) => {
      await serve();
      for (const method of ['POST', 'PUT', 'DELETE', 'HEAD']) {
        expect(await ask(path, method)).toMatchObject({
          status: 405,
          headers: { allow: 'GET', 'content-type': TEXT, 'content-length': '19' },
          body: method === 'HEAD' ? '' : 'Method Not Allowed\n',
        });
      }
    },
  );

  it('is a path that is not clean: the clean one is named', async () => {
    await serve();
    expect(await ask('//version?x=1&y=2')).toMatchObject({
      status: 301,
      headers: { location: '/version?x=1&y=2' },
      body: '<a href="/version?x=1&amp;y=2">Moved Permanently</a>.\n\n',
    });
    expect((await ask('/a/../version')).headers['location']).toBe('/version');
  });
});

describe('other origins and hosts', () => {
  it('are all welcome by default', async () => {
    await serve();
    expect((await ask('/nope')).headers).toMatchObject({
      'access-control-allow-headers': 'accept, content-type, authorization',
      'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE',
      'access-control-allow-origin': '*',
    });
    expect(await ask('/any', 'OPTIONS')).toMatchObject({ status: 200, body: '' });
  });

  it('are those of the list, if there is one', async () => {
    await serve({ corsOrigins: ['http://ok.example:80'] });
    const origin = async (value: string): Promise<string | undefined> =>
      (await ask('/version', 'GET', { origin: value })).headers['access-control-allow-origin'];
    expect(await origin('http://ok.example:80')).toBe('http://ok.example:80');
    expect(await origin('http://no.example:80')).toBeUndefined();
  });

  it('are refused by the name of the host when there is a white list', async () => {
    await serve({ hostWhitelist: ['good.example', '::1'] });
    const host = (value: string): Promise<Reply> => ask('/version', 'GET', { host: value });
    expect((await host('good.example:2379')).status).toBe(200);
    expect((await host('[::1]:2379')).status).toBe(200);
    const refused = await host('evil.com:99');
    expect(refused).toMatchObject({ status: 421, headers: { 'content-length': '370' } });
    expect(refused.body).toContain('--host-whitelist "evil.com"\n');
    expect(refused.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('a metrics URL', () => {
  it('serves metrics and health, and nothing else', async () => {
    await serve({}, 'metrics');
    for (const path of ['/metrics', '/health', '/livez', '/readyz/data_corruption']) {
      const reply = await ask(path);
      expect(reply.status).toBe(200);
      expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
    }
    for (const path of ['/version', '/debug/vars', '/']) expect((await ask(path)).status).toBe(404);
    expect((await ask('/health', 'OPTIONS')).status).toBe(405);
  });
});

describe('garbage', () => {
  it.each([
    ['no HTTP', 'GARBAGE\r\n\r\n', '400 Bad Request'],
    ['binary', '\x16\x03\x01\x02\x00\x01\x00', '400 Bad Request'],
    ['a broken escape', 'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', '400 Bad Request'],
    ['no slash', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', '200 OK'],
    ['a huge header', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431 Request'],
    [
      'a strange query',
      'GET /health?%zz&=&exclude HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      '200 OK',
    ],
  ])('such as %s gets an answer and costs nobody else anything', async (_, bytes, expected) => {
    await serve();
    expect(await send(bytes)).toContain(`HTTP/1.1 ${expected}`);
    expect((await ask('/version')).status).toBe(200);
  });

  it('after a body nobody reads, the connection serves the next request', async () => {
    await serve();
    const body = 'x'.repeat(100_000);
    const answers = await send(
      `POST /version HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
        'GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 405', 'HTTP/1.1 200']);
  });

  it('from the node itself is a 500', async () => {
    node.scrapeMetrics = () => Promise.reject(new Error('no numbers'));
    await serve();
    expect(await ask('/metrics')).toMatchObject({ status: 500, body: 'Internal Server Error\n' });
  });
});
