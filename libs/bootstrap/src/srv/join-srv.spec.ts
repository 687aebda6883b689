import type { AddressRecord, Lookup, SrvRecord } from '@etcd-ts/dns';
import type { DiscoveryOutcome } from '../discovery-outcome.js';
import { Impatience, RecordedLog } from '../testing/patience.js';
import { discoverClientEndpoints, withoutInsecure } from './client-endpoints.js';
import { joinThroughSrv } from './join-srv.js';
import type { NameResolver } from './service-lookup.js';
import { complaintAboutService, lookUpServices } from './service-lookup.js';

const SSL = '_etcd-server-ssl._tcp.example.com';
const PLAIN = '_etcd-server._tcp.example.com';

/** A DNS in which `services` are "host:port" by name, and hosts have these addresses. */
function dns(
  services: Record<string, readonly string[]>,
  hosts: Record<string, string> = { a: '10.0.0.1', b: '10.0.0.2', c: '10.0.0.3' },
): NameResolver {
  return {
    srv(name): Promise<Lookup<SrvRecord>> {
      const targets = services[name];
      if (targets === undefined) {
        return Promise.resolve({
          kind: 'missing',
          reason: `lookup ${name}: no such host`,
          ttlSeconds: 5,
        });
      }
      const records = targets.map((text) => {
        const [target = '', port] = text.split(':');
        return { target, port: Number(port), priority: 0, weight: 0, ttlSeconds: 60 };
      });
      return Promise.resolve({ kind: 'found', records });
    },
    addresses(host): Promise<Lookup<AddressRecord>> {
      const address = hosts[host] ?? (/^[0-9.]+$/u.test(host) ? host : undefined);
      return Promise.resolve(
        address === undefined
          ? { kind: 'missing', reason: `lookup ${host}: no such host`, ttlSeconds: 3 }
          : { kind: 'found', records: [{ address, family: 4, ttlSeconds: 30 }] },
      );
    },
  };
}

let log: RecordedLog;
beforeEach(() => {
  log = new RecordedLog();
});

const join = (
  resolver: NameResolver,
  name: string,
  peerUrls: readonly string[],
  suffix = '',
): Promise<DiscoveryOutcome> =>
  joinThroughSrv(
    {
      domain: 'example.com',
      suffix,
      resolver,
      services: (domain, own) => lookUpServices(resolver, domain, own, ['server']),
    },
    {
      name,
      peerUrls,
      scheduler: new Impatience(),
      logger: log.logger,
      signal: new AbortController().signal,
    },
  );

describe('discovery by SRV records', () => {
  it('finds the others by number and itself by name', async () => {
    const outcome = await join(dns({ [SSL]: ['a:2380', 'b:2380', 'c:2380'] }), 'me', [
      'https://10.0.0.2:2380',
    ]);
    expect(outcome).toEqual({
      kind: 'ok',
      initialCluster: '0=https://a:2380,me=https://b:2380,1=https://c:2380',
      initialClusterToken: undefined,
    });
    expect(log.messages()).toEqual([
      'get cluster for etcd-server-ssl SRV',
      'get cluster for etcd-server SRV',
      'failed to resolve during SRV discovery',
      ...Array<string>(3).fill('got bootstrap from DNS for etcd-server'),
    ]);
  });

  it('tells members on one machine apart by their ports', async () => {
    const outcome = await join(dns({ [PLAIN]: ['a:1', 'a:2'] }), 'me', ['http://a:2']);
    expect(outcome).toMatchObject({ initialCluster: '0=http://a:1,me=http://a:2' });
  });

  it('puts the members with TLS before those without, and counts anew for each', async () => {
    const resolver = dns({ [SSL]: ['a:1', 'b:1'], [PLAIN]: ['c:2'] });
    expect(await join(resolver, 'me', ['https://a:1'])).toMatchObject({
      initialCluster: 'me=https://a:1,0=https://b:1,0=http://c:2',
    });
  });

  it('takes a member that is listed under both as it advertises itself', async () => {
    const resolver = dns({ [SSL]: ['a:1', 'b:1'], [PLAIN]: ['a:1', 'b:1'] });
    expect(await join(resolver, 'me', ['http://a:1'])).toMatchObject({
      initialCluster: '0=https://b:1,me=http://a:1,0=http://b:1',
    });
  });

  it('says so when it is listed under the wrong one', async () => {
    const outcome = await join(dns({ [PLAIN]: ['a:1'] }), 'me', ['https://a:1']);
    expect(outcome).toMatchObject({
      message:
        `error setting up initial cluster: error querying DNS SRV records for _etcd-server-ssl lookup ${SSL}: no such host\n` +
        'error querying DNS SRV records for _etcd-server bootstrap at http://a:1 from DNS for etcd-server has scheme mismatch with expected peer https://a:1',
    });
  });

  it('passes over targets without an address, unless none is left', async () => {
    expect(await join(dns({ [PLAIN]: ['a:1', 'gone:1'] }), 'me', ['http://a:1'])).toMatchObject({
      initialCluster: 'me=http://a:1',
    });
    expect(await join(dns({ [PLAIN]: ['gone:1'] }), 'me', ['http://a:1'])).toMatchObject({
      message: expect.stringContaining('_etcd-server lookup gone: no such host'),
    });
  });

  it('refuses a cluster that it is not in', async () => {
    expect(await join(dns({ [PLAIN]: ['a:1'] }), 'me', ['http://b:1'])).toMatchObject({
      message:
        'error setting up initial cluster: cannot find local etcd member "me" in SRV records',
    });
  });

  it('refuses to start when it does not know where it is itself', async () => {
    expect(await join(dns({ [PLAIN]: ['a:1'] }), 'me', ['http://nowhere:1'])).toMatchObject({
      message: 'error setting up initial cluster: lookup nowhere: no such host',
    });
  });

  it('asks for the suffix it is given', async () => {
    const resolver = dns({ '_etcd-server-ssl-blue._tcp.example.com': ['a:1'] });
    expect(await join(resolver, 'me', ['https://a:1'], 'blue')).toMatchObject({ kind: 'ok' });
  });
});

it('a lookup is good for as long as the shortest life of what is in it', async () => {
  const [ssl, plain] = await lookUpServices(dns({ [SSL]: ['a:1', 'gone:1'] }), 'Example.com.', '', [
    'server',
    'client',
  ]);
  expect(ssl).toMatchObject({ name: SSL, status: 'found', ttlSeconds: 3 });
  expect(ssl?.endpoints).toMatchObject([
    { host: 'a', addresses: ['10.0.0.1'], problem: '' },
    { host: 'gone', addresses: [], problem: 'lookup gone: no such host' },
  ]);
  expect(plain).toMatchObject({ status: 'missing', reason: `lookup ${PLAIN}: no such host` });
});

it('clients find endpoints with TLS first, and can leave out the others', async () => {
  const resolver = dns({
    '_etcd-client-ssl._tcp.example.com': ['a:2379'],
    '_etcd-client._tcp.example.com': ['b:2379'],
  });
  const endpoints = ['https://a:2379', 'http://b:2379'];
  expect(await discoverClientEndpoints(resolver, 'example.com', '')).toEqual({
    kind: 'ok',
    endpoints,
  });
  expect(withoutInsecure(endpoints)).toEqual({
    kept: ['https://a:2379'],
    notices: ['ignoring discovered insecure endpoint "http://b:2379"'],
  });
  expect(await discoverClientEndpoints(dns({}), 'example.com', 'x')).toEqual({
    kind: 'error',
    message:
      'dns lookup errors: lookup _etcd-client-ssl-x._tcp.example.com: no such host and lookup _etcd-client-x._tcp.example.com: no such host',
  });
});

it.each([
  ['example.com', '', undefined],
  ['example.com', 'blue-1', undefined],
  ['', '', 'not a domain name: ""'],
  ['a b', '', 'not a domain name: "a b"'],
  ['example.com', 'a.b', 'not the name of a service: "a.b"'],
  ['example.com', 'x'.repeat(60), `not the name of a service: "${'x'.repeat(60)}"`],
])('the domain %j with the suffix %j can be asked for, or not', (domain, suffix, complaint) =>
  expect(complaintAboutService(domain, suffix)).toBe(complaint),
);
