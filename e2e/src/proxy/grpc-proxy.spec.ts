import { Client } from '@etcd-ts/client';
import { etcdctl, EtcdProcess, eventually, freePort, startEtcdctl } from '@etcd-ts/testkit';
import { ProxyProcess, runProxy } from './proxy-process.js';

/* etcd grpc-proxy before a member of ours and one of the original's, asked by the original's client. */

const RESOLVER = ['--resolver-prefix', '/proxies', '--resolver-ttl', '10'];

describe.each(['ours', 'reference'] as const)('etcd grpc-proxy before etcd (%s)', (flavour) => {
  let node: EtcdProcess;
  let proxy: ProxyProcess;
  let spaced: ProxyProcess;
  const ask = async (args: readonly string[], stdin?: string): Promise<string> => {
    const options = stdin === undefined ? {} : { stdin };
    const { stdout, stderr, exitCode } = await etcdctl(
      proxy.endpoint,
      [...args, '--command-timeout', '20s'],
      { ...options, timeoutMs: 30_000 },
    );
    if (exitCode !== 0) throw new Error(stderr);
    return stdout;
  };

  beforeAll(async () => {
    node = await EtcdProcess.start({ flavour });
    [proxy, spaced] = await Promise.all([
      ProxyProcess.start('grpc-proxy', node.endpoint, RESOLVER),
      ProxyProcess.start('grpc-proxy', node.endpoint, [...RESOLVER, '--namespace', 'ns/']),
    ]);
  });
  afterAll(async () => {
    await Promise.all([proxy.stop(), spaced.stop()]);
    await node.dispose();
  });

  it('writes, reads and decides', async () => {
    await ask(['put', 'a', '1']);
    await ask(['put', 'b', '2']);
    expect(await ask(['get', '--prefix', '', '--keys-only', '--limit', '2'])).toContain('proxies');
    expect(await ask(['get', 'a', 'c'])).toBe('a\n1\nb\n2\n');
    const txn = 'value("a") = "1"\n\nput a 3\nget a\n\nget b\n\n';
    expect(await ask(['txn'], txn)).toBe('SUCCESS\n\nOK\n\na\n3\n');
    // What is kept for serializable reads is forgotten with each write.
    for (const value of ['4', '5']) {
      await ask(['get', 'a', '--consistency', 's']);
      await ask(['put', 'a', value]);
      expect(await ask(['get', 'a', '--consistency', 's', '--print-value-only'])).toBe(
        `${value}\n`,
      );
    }
    expect(await ask(['del', 'a'])).toBe('1\n');
  });

  it('watches, locks, leases, and shows the proxies as the members', async () => {
    const args = ['watch', 'w', '--prev-kv', '--rev', '1'];
    const watch = startEtcdctl(proxy.endpoint, args);
    const direct = startEtcdctl(node.endpoint, args);
    const lease = /lease (\w+) granted/u.exec(await ask(['lease', 'grant', '600']))?.[1] ?? '';
    await ask(['put', 'w', '1', '--lease', lease]);
    expect(await ask(['lease', 'timetolive', lease, '--keys'])).toContain('attached keys([w])');
    expect(await ask(['lease', 'keep-alive', '--once', lease])).toContain('keepalived');
    await ask(['lease', 'revoke', lease]);
    try {
      const both = (): true | undefined =>
        direct.stdout.includes('DELETE') && watch.stdout === direct.stdout ? true : undefined;
      await eventually('the same events as from the member', both);
    } finally {
      await Promise.all([watch.stop(), direct.stop()]);
    }
    expect(await ask(['lock', 'l', 'echo', 'inside'])).toBe('inside\n');
    const list = await ask(['member', 'list']);
    expect(list).toContain(`, ${proxy.endpoint}`);
    expect(await ask(['endpoint', 'status'])).toContain(', true, ');
  });

  it('holds a namespace, locks and leases too', async () => {
    const outside = new Client({ endpoints: [node.endpoint], requestTimeoutMs: 20_000 });
    const inside = new Client({ endpoints: [spaced.endpoint], requestTimeoutMs: 20_000 });
    try {
      const watch = inside.watch({ key: Buffer.of(0), rangeEnd: Buffer.of(0) });
      await watch.created;
      const { ID } = await inside.lease.grant(600);
      await inside.kv.put('k', 'v', { lease: ID });
      expect(String((await outside.kv.get('ns/k'))?.value)).toBe('v');
      for await (const { events } of watch) {
        expect(String(events[0]?.kv?.key)).toBe('k');
        break;
      }
      expect((await inside.lease.timeToLive(ID, { keys: true })).keys.map(String)).toEqual(['k']);
      const session = await inside.session({ ttlSeconds: 60 });
      const lock = session.lock('l');
      await lock.acquire();
      expect(await outside.kv.count({ key: Buffer.from('l'), rangeEnd: Buffer.from('m') })).toBe(0);
      await session.close();
    } finally {
      inside.close();
      outside.close();
    }
  });

  it('tells how it and the cluster are', async () => {
    const page = async (path: string): Promise<string> => {
      const response = await fetch(`http://${proxy.endpoint}${path}`);
      return `${response.status} ${await response.text()}`;
    };
    expect(await page('/health')).toBe('200 {"health":"true","reason":""}');
    expect(await page('/proxy/health')).toBe('200 {"health":"true","reason":""}');
    expect(await page('/metrics')).toContain('etcd_server_has_leader 1');
    expect(await page('/proxy/metrics')).toMatch(/^etcd_grpc_proxy_cache_misses_total \d/mu);
    expect(await page('/debug/vars')).toMatch(/^404 /u);
  });
});

describe('etcd grpc-proxy', () => {
  it('says that nobody is there, to its clients and to whoever checks', async () => {
    const dead = `127.0.0.1:${await freePort()}`;
    const proxy = await ProxyProcess.start('grpc-proxy', dead);
    try {
      const { stderr, exitCode } = await etcdctl(
        proxy.endpoint,
        ['put', 'a', '1', '--command-timeout', '20s'],
        { timeoutMs: 30_000 },
      );
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('connection refused')]);
      expect((await fetch(`http://${proxy.endpoint}/health`)).status).toBe(503);
    } finally {
      await proxy.stop();
    }
  });

  it('ends a call that has come back to it', async () => {
    const [first, second] = [await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`);
    const proxies = await Promise.all([
      ProxyProcess.start('grpc-proxy', String(second), ['--listen-addr', String(first)]),
      ProxyProcess.start('grpc-proxy', String(first), ['--listen-addr', String(second)]),
    ]);
    try {
      const { stderr } = await etcdctl(
        String(first),
        ['put', 'a', '1', '--command-timeout', '20s'],
        { timeoutMs: 30_000 },
      );
      expect(stderr).toContain('the endpoints of this proxy lead back to it');
    } finally {
      await Promise.all(proxies.map((proxy) => proxy.stop()));
    }
  });

  it.each([
    [['--listen-addr', '127.0.0.1:1', '--endpoints', 'http://localhost:1'], 'should not resolve'],
  ])('refuses %j', async (flags, message) => {
    const { exitCode, stderr } = await runProxy(['grpc-proxy', 'start', ...flags]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(1);
  });
});
