import type { NameResolver } from '@etcd-ts/bootstrap';
import { lookUpThroughService } from '@etcd-ts/bootstrap';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { Connection } from '@etcd-ts/rpc';
import { GrpcStatus, ResolverDefinition, SrvStatus } from '@etcd-ts/wire-protocol';
import type { ResolverService } from './resolver-service.js';
import { startResolverService } from './resolver-service.js';

const PLAIN = '_etcd-server._tcp.example.com';

let questions = 0;
const dns: NameResolver = {
  srv: (name) => {
    questions++;
    return Promise.resolve(
      name === PLAIN
        ? {
            kind: 'found',
            records: [
              { target: 'a.example.com', port: 2380, priority: 1, weight: 2, ttlSeconds: 50 },
            ],
          }
        : { kind: 'missing', reason: `lookup ${name}: no such host`, ttlSeconds: 40 },
    );
  },
  addresses: () =>
    Promise.resolve({
      kind: 'found',
      records: [{ address: '10.0.0.1', family: 4, ttlSeconds: 30 }],
    }),
};

const OPTIONS = {
  addr: '127.0.0.1:0',
  domain: [] as readonly string[],
  'max-ttl': 20_000,
  nameserver: [],
  timeout: 1000,
  attempts: 1,
  'log-level': 'info',
  'log-format': 'json',
};

/** What an answer is good for does not become less. */
const STILL = { monotonicMs: () => 0, wallMs: () => 0 };

let service: ResolverService;
let connection: Connection;
async function start(domain: readonly string[] = []): Promise<void> {
  questions = 0;
  const parts = { resolver: dns, clock: STILL, logger: SILENT_LOGGER };
  service = await startResolverService({ ...OPTIONS, domain }, parts);
  connection = new Connection(`127.0.0.1:${service.port}`);
}
afterEach(async () => {
  connection.close();
  await service.stop();
});

const get = async (path: string): Promise<{ status: number; text: string }> => {
  const response = await fetch(`http://127.0.0.1:${service.port}${path}`);
  return { status: response.status, text: await response.text() };
};

describe('the resolver as a service', () => {
  it('answers over gRPC and over HTTP alike, from one cache', async () => {
    await start();
    const answer = await connection
      .service(ResolverDefinition)
      .resolve({ domain: 'Example.com.', suffix: '' });
    expect(answer.ttlSeconds).toBe(20);
    expect(answer.services.map(({ status }) => status)).toEqual([
      SrvStatus.MISSING,
      SrvStatus.FOUND,
      SrvStatus.MISSING,
      SrvStatus.MISSING,
    ]);
    const { status, text } = await get('/v1/resolve?domain=example.com');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      services: [
        { name: '_etcd-server-ssl._tcp.example.com', scheme: 'https', status: 'missing' },
        {
          name: PLAIN,
          status: 'found',
          endpoints: [{ host: 'a.example.com', port: 2380, weight: 2, addresses: ['10.0.0.1'] }],
        },
        { role: 'client' },
        { role: 'client' },
      ],
    });
    expect(questions).toBe(4);
    const { text: metrics } = await get('/metrics');
    expect(metrics).toContain('etcd_srv_lookups_total{result="hit"} 1');
    expect(metrics).toContain('etcd_srv_lookups_total{result="miss"} 1');
    expect(metrics).toContain('etcd_srv_cached_domains 1');
    expect(await get('/health')).toEqual({ status: 200, text: 'OK' });
  });

  it('says no to what is no domain, or none of its own', async () => {
    await start(['example.com']);
    expect(await get('/v1/resolve?domain=a%20b')).toEqual({
      status: 400,
      text: '{"error":"not a domain name: \\"a b\\"","code":3}\n',
    });
    expect((await get('/v1/resolve?domain=example.org')).status).toBe(403);
    expect((await get('/v1/other')).status).toBe(404);
    await expect(
      connection.service(ResolverDefinition).resolve({ domain: 'example.org', suffix: '' }),
    ).rejects.toMatchObject({ code: GrpcStatus.PermissionDenied });
    expect((await get('/v1/resolve?domain=example.com')).status).toBe(200);
  });

  it('answers nodes that ask it instead of DNS; without it they know of nothing', async () => {
    await start();
    const ask = (endpoints: readonly string[]) =>
      lookUpThroughService(
        { endpoints, timeoutMs: 60_000, signal: new AbortController().signal },
        'example.com',
        '',
      );
    const found = await ask(['127.0.0.1:1', `127.0.0.1:${service.port}`]);
    expect(found[1]).toEqual({
      name: PLAIN,
      role: 'server',
      scheme: 'http',
      status: 'found',
      reason: '',
      endpoints: [
        {
          host: 'a.example.com',
          port: 2380,
          priority: 1,
          weight: 2,
          addresses: ['10.0.0.1'],
          problem: '',
        },
      ],
      ttlSeconds: 20,
    });
    const failed = await ask(['127.0.0.1:1']);
    expect(failed.map(({ status }) => status)).toEqual(Array<string>(4).fill('failed'));
    expect(failed[1]?.reason).toContain(`lookup ${PLAIN} through 127.0.0.1:1: `);
  });
});
