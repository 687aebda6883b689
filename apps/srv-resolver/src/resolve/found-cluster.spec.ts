import type { ServiceEndpoint, ServiceLookup } from '@etcd-ts/bootstrap';
import { clusterText, endpointsText } from './cluster-text.js';
import { findCluster } from './found-cluster.js';
import type { Self } from './found-cluster.js';

const endpoint = (
  host: string,
  port: number,
  ...addresses: readonly string[]
): ServiceEndpoint => ({
  host,
  port,
  priority: 0,
  weight: 0,
  addresses,
  problem: addresses.length > 0 ? '' : `lookup ${host}: no such host`,
});

const service = (
  scheme: 'http' | 'https',
  endpoints: readonly ServiceEndpoint[],
  status: ServiceLookup['status'] = endpoints.length > 0 ? 'found' : 'missing',
): ServiceLookup => {
  const name = `_etcd-server${scheme === 'https' ? '-ssl' : ''}._tcp.example.com`;
  const reason = status === 'found' ? '' : `lookup ${name}: ${status}`;
  return { name, role: 'server', scheme, status, reason, endpoints, ttlSeconds: 60 };
};

const THREE = [
  endpoint('one.example.com', 2380, '10.0.0.1'),
  endpoint('two.example.com', 2380, '10.0.0.2', 'fd00::2'),
  endpoint('three.example.com', 2380, '10.0.0.3'),
];
const NOBODY: Self = { name: '', advertised: [], addresses: [] };

const named = (self: Partial<Self>, lookups = [service('https', []), service('http', THREE)]) => {
  const { members, missing } = findCluster(lookups, { ...NOBODY, ...self });
  return { names: members.map(({ name }) => name), missing };
};

describe('the members behind the records', () => {
  it('are named by the first labels of their hosts', () => {
    expect(named({})).toEqual({ names: ['one', 'two', 'three'], missing: [] });
  });

  it.each<[string, readonly ServiceEndpoint[], readonly string[]]>([
    [
      'whole hosts',
      [endpoint('a.x', 1, '10.0.0.1'), endpoint('a.y', 1, '10.0.0.2')],
      ['a.x', 'a.y'],
    ],
    ['ports', [endpoint('a', 1, '10.0.0.1'), endpoint('a', 2, '10.0.0.1')], ['a-1', 'a-2']],
  ])('or by %s where that is what tells them apart', (_what, endpoints, names) => {
    expect(named({}, [service('http', endpoints)]).names).toEqual(names);
  });

  it('or by URL when one member is listed with TLS and without', () => {
    const one = [endpoint('a', 1, '10.0.0.1')];
    expect(named({}, [service('https', one), service('http', one)]).names).toEqual([
      'https-a-1',
      'http-a-1',
    ]);
  });
});

describe('the member of this machine', () => {
  it('is the one that its advertised URL leads to, by whatever name', () => {
    const advertised = [{ port: 2380, addresses: ['fd00::2'] }];
    expect(named({ name: 'me', advertised }).names).toEqual(['one', 'me', 'three']);
  });

  it('is nobody when what it advertises leads nowhere, whatever else would fit', () => {
    const advertised = [{ port: 9, addresses: ['10.0.0.1'] }];
    expect(named({ name: 'one', advertised, addresses: ['10.0.0.1'] }).missing).toEqual([
      'cannot find local etcd member "one" in SRV records',
    ]);
  });

  it('is otherwise the host of its name, and otherwise the address of the machine', () => {
    expect(named({ name: 'two', addresses: ['10.0.0.1'] }).names).toEqual(['one', 'two', 'three']);
    expect(named({ name: 'me', addresses: ['192.0.2.1', '10.0.0.3'] }).names).toEqual([
      'one',
      'two',
      'me',
    ]);
  });

  it('is not guessed where two are on one machine', () => {
    const both = [endpoint('a', 1, '10.0.0.1'), endpoint('a', 2, '10.0.0.1')];
    expect(named({ name: 'me', addresses: ['10.0.0.1'] }, [service('http', both)])).toEqual({
      names: ['a-1', 'a-2'],
      missing: ['cannot find local etcd member "me" in SRV records'],
    });
  });
});

describe('what is missing', () => {
  it('is each target without an address', () => {
    const endpoints = [...THREE, endpoint('gone.example.com', 2380)];
    expect(named({}, [service('http', endpoints)])).toEqual({
      names: ['one', 'two', 'three'],
      missing: [
        '_etcd-server._tcp.example.com: gone.example.com:2380: lookup gone.example.com: no such host',
      ],
    });
  });

  it('is each service, when there is none at all', () => {
    expect(named({}, [service('https', []), service('http', [])]).missing).toEqual([
      '_etcd-server-ssl._tcp.example.com: lookup _etcd-server-ssl._tcp.example.com: missing',
      '_etcd-server._tcp.example.com: lookup _etcd-server._tcp.example.com: missing',
    ]);
  });

  it('is a service that nobody can tell about, also when there is another', () => {
    expect(named({}, [service('https', [], 'failed'), service('http', THREE)]).missing).toEqual([
      '_etcd-server-ssl._tcp.example.com: lookup _etcd-server-ssl._tcp.example.com: failed',
    ]);
  });
});

describe('the text', () => {
  const lookups = [service('http', THREE.slice(0, 2))];
  const cluster = findCluster(lookups, NOBODY);

  it('is a line of an environment file, or a flag', () => {
    const members = 'one=http://one.example.com:2380,two=http://two.example.com:2380';
    expect(clusterText('env', cluster, lookups)).toBe(`ETCD_INITIAL_CLUSTER=${members}\n`);
    expect(clusterText('flags', cluster, lookups)).toBe(`--initial-cluster=${members}\n`);
    const endpoints = 'http://one.example.com:2380,http://two.example.com:2380';
    expect(endpointsText('env', cluster, lookups)).toBe(`ETCDCTL_ENDPOINTS=${endpoints}\n`);
    expect(endpointsText('flags', cluster, lookups)).toBe(`--endpoints=${endpoints}\n`);
  });

  it('is everything there is to know, for programs', () => {
    expect(JSON.parse(clusterText('json', cluster, lookups))).toMatchObject({
      initialCluster: expect.stringMatching(/^one=/u) as string,
      members: [{ name: 'one', url: 'http://one.example.com:2380' }, { name: 'two' }],
      missing: [],
      services: [{ status: 'found', endpoints: [{ addresses: ['10.0.0.1'] }, {}] }],
    });
    expect(JSON.parse(endpointsText('json', cluster, lookups))).toMatchObject({
      endpoints: ['http://one.example.com:2380', 'http://two.example.com:2380'],
    });
  });
});
