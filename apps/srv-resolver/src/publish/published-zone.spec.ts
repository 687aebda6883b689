import type { PublishedMember, PublishedUrl } from './published-zone.js';
import { isInZone, zoneOf } from './published-zone.js';

const SETUP = {
  domain: 'etcd.example',
  suffix: '',
  ttlSeconds: 5,
  addresses: new Map<string, readonly string[]>(),
};

const url = (host: string, port: number, scheme = 'http'): PublishedUrl => ({ scheme, host, port });

const member = (
  name: string,
  host: string,
  more: Partial<PublishedMember> = {},
): PublishedMember => ({
  id: `00000000000000${host.slice(-1)}a`,
  name,
  peerUrls: [url(host, 2380)],
  clientUrls: [url(host, 2379)],
  isServing: true,
  ...more,
});

const PEERS = '_etcd-server._tcp.etcd.example';
const CLIENTS = '_etcd-client._tcp.etcd.example';
const targets = (members: readonly PublishedMember[], service: string) =>
  zoneOf(SETUP, members)
    .services.get(service)
    ?.map(({ target, port }) => `${target}:${port}`);

describe('the zone of a cluster', () => {
  it('names addresses after their members', () => {
    const zone = zoneOf(SETUP, [member('one', '10.0.0.1'), member('Two', '10.0.0.2')]);
    expect(zone.services.get(PEERS)).toEqual([
      { target: 'one.etcd.example', port: 2380 },
      { target: 'two.etcd.example', port: 2380 },
    ]);
    expect([...zone.addresses]).toEqual([
      ['one.etcd.example', ['10.0.0.1']],
      ['two.etcd.example', ['10.0.0.2']],
    ]);
    expect([...zone.services.keys()]).toEqual([PEERS, CLIENTS]);
  });

  it('names them by id where the name is none, none of DNS, or of two', () => {
    const members = [
      member('', '10.0.0.1'),
      member('under_score', '10.0.0.2'),
      member('twin', '10.0.0.3'),
      member('twin', '10.0.0.4'),
    ];
    expect(targets(members, PEERS)).toEqual([
      'm-000000000000001a.etcd.example:2380',
      'm-000000000000002a.etcd.example:2380',
      'm-000000000000003a.etcd.example:2380',
      'm-000000000000004a.etcd.example:2380',
    ]);
  });

  it('gives each address of a member a name of its own', () => {
    const zone = zoneOf(SETUP, [member('one', '10.0.0.1', { clientUrls: [url('fd00::1', 2379)] })]);
    expect(zone.services.get(CLIENTS)).toEqual([{ target: '2.one.etcd.example', port: 2379 }]);
    expect(zone.addresses.get('2.one.etcd.example')).toEqual(['fd00::1']);
  });

  it('leaves hosts their names, and tells the addresses of those inside', () => {
    const addresses = new Map([['a.etcd.example', ['10.0.0.9']]]);
    const zone = zoneOf({ ...SETUP, addresses }, [member('one', 'A.etcd.example')]);
    expect(zone.services.get(PEERS)).toEqual([{ target: 'a.etcd.example', port: 2380 }]);
    expect([...zone.addresses]).toEqual([['a.etcd.example', ['10.0.0.9']]]);
    expect(isInZone('etcd.example', 'A.etcd.example.')).toBe(true);
    expect(isInZone('etcd.example', 'aetcd.example')).toBe(false);
    expect(isInZone('etcd.example', '10.0.0.1')).toBe(false);
  });

  it('sends clients to who serves, and newcomers to everybody', () => {
    const members = [member('one', '10.0.0.1'), member('two', '10.0.0.2', { isServing: false })];
    expect(targets(members, CLIENTS)).toEqual(['one.etcd.example:2379']);
    expect(targets(members, PEERS)).toHaveLength(2);
  });

  it('sends clients to everybody when nobody seems to serve', () => {
    const members = ['10.0.0.1', '10.0.0.2'].map((host, i) =>
      member(`m${i}`, host, { isServing: false }),
    );
    expect(targets(members, CLIENTS)).toHaveLength(2);
  });

  it('keeps TLS apart, and appends the suffix', () => {
    const secure = member('one', '10.0.0.1', {
      peerUrls: [url('10.0.0.1', 2380, 'https')],
      clientUrls: [url('10.0.0.1', 2379, 'https'), url('10.0.0.1', 2378)],
    });
    const zone = zoneOf({ ...SETUP, suffix: 'blue' }, [secure]);
    expect([...zone.services.keys()]).toEqual([
      '_etcd-server-ssl-blue._tcp.etcd.example',
      '_etcd-client-ssl-blue._tcp.etcd.example',
      '_etcd-client-blue._tcp.etcd.example',
    ]);
  });
});
