import {
  createScratchDirectory,
  etcdctl,
  freePort,
  removeScratchDirectory,
  runCommand,
} from '@etcd-ts/testkit';
import type { Flavour } from '@etcd-ts/testkit';
import { CertificateStore } from '../tls/certificate-store.js';
import { describeWithDns, DOMAIN, NameServer, ownAddress, withNameserver } from './name-server.js';
import { NewMember } from './new-member.js';
import type { MemberSetup } from './new-member.js';
import { SrvProcess } from './srv-process.js';

const open: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((process) => process.dispose()));
});

let directory: string;
beforeAll(() => (directory = createScratchDirectory('srv')));
afterAll(() => removeScratchDirectory(directory));

async function nameServer(
  services: Readonly<Record<string, readonly string[]>>,
): Promise<NameServer> {
  const server = await NameServer.start(services);
  open.push(server);
  return server;
}

/** Setups of members whose peer port is known before they start, as records must be. */
async function plan(
  names: readonly string[],
  more: Partial<MemberSetup>,
): Promise<readonly MemberSetup[]> {
  const setups: MemberSetup[] = [];
  for (const name of names) {
    const [clientPort, peerPort] = [await freePort(), await freePort()];
    setups.push({ flavour: 'ours', name, clientPort, peerPort, bootstrap: [], ...more });
  }
  return setups;
}

function start(setup: MemberSetup): NewMember {
  const member = new NewMember(setup);
  open.push(member);
  return member;
}

const NAMES = ['one', 'two', 'three'];
const SORTED = ['one', 'three', 'two'];

describeWithDns('SRV records', () => {
  it('found a cluster of ours; restarts need none of them', async () => {
    const setups = await plan(NAMES, { bootstrap: ['--discovery-srv', DOMAIN] });
    // Not by the names of the members: those could not be told from the addresses without DNS.
    const targets = setups.map(({ peerPort }) => `localhost:${peerPort}`);
    const dns = await nameServer({ '_etcd-server': targets });
    const wrapper = withNameserver(directory, ownAddress(53));
    const members = setups.map((setup) =>
      start({ ...setup, wrapper, peerUrl: `http://localhost:${setup.peerPort}` }),
    );
    await Promise.all(members.map((each) => each.serves()));
    expect(await members[0]?.memberNames()).toEqual(SORTED);
    expect(members[0]?.log).toContain('get cluster for etcd-server SRV');
    expect(members[0]?.log).toContain('got bootstrap from DNS for etcd-server');

    await Promise.all(members.map((each) => each.stop('SIGKILL')));
    await dns.stop();
    const again = members.map(({ setup, dataDir }) => start({ ...setup, dataDir }));
    await Promise.all(again.map((each) => each.serves()));
    expect(await again[1]?.memberNames()).toEqual(SORTED);
  });

  it('found a cluster of ours that asks an etcd-srv service instead of DNS, and a suffix', async () => {
    const setups = await plan(NAMES, {});
    const targets = setups.map(({ peerPort }) => `localhost:${peerPort}`);
    const dns = await nameServer({ '_etcd-server-blue': targets });
    const service = await SrvProcess.serve('--nameserver', dns.address);
    open.push(service);
    const resolvers = `127.0.0.1:1,127.0.0.1:${service.port}`;
    const bootstrap = [
      ...['--discovery-srv', DOMAIN, '--discovery-srv-name', 'blue'],
      ...['--discovery-srv-resolver', resolvers],
    ];
    const members = setups.map((setup) =>
      start({ ...setup, bootstrap, peerUrl: `http://localhost:${setup.peerPort}` }),
    );
    await Promise.all(members.map((each) => each.serves()));
    expect(await members[2]?.memberNames()).toEqual(SORTED);
    // Each of them has asked; how often the service asked DNS for that is a matter of time.
    const metrics = await (await fetch(`${service.origin}/metrics`)).text();
    expect(metrics).toContain('etcd_srv_grpc_requests_total{code="0"} 3');
  });

  it('are missing, or none of one’s own, or under the wrong scheme: etcd’s words say which', async () => {
    await nameServer({ '_etcd-server': ['localhost:1'], '_etcd-server-tls': ['localhost:1'] });
    const wrapper = withNameserver(directory, ownAddress(53));
    const [setup] = await plan(['one'], { wrapper, bootstrap: ['--discovery-srv', DOMAIN] });
    if (setup === undefined) throw new Error('one was planned');
    const none = start({ ...setup, bootstrap: ['--discovery-srv', `none.${DOMAIN}`] });
    expect((await none.ended).exitCode).toBe(1);
    expect(none.log).toContain(
      `error setting up initial cluster: error querying DNS SRV records for _etcd-server-ssl lookup _etcd-server-ssl._tcp.none.${DOMAIN} on ${ownAddress(53)}:53: no such host`,
    );
    const stranger = start(setup);
    expect((await stranger.ended).exitCode).toBe(1);
    expect(stranger.log).toContain('cannot find local etcd member \\"one\\" in SRV records');
    const secure = start({ ...setup, peerUrl: 'https://localhost:1' });
    expect((await secure.ended).exitCode).toBe(1);
    expect(secure.log).toContain(
      'bootstrap at http://localhost:1 from DNS for etcd-server has scheme mismatch with expected peer https://localhost:1',
    );
  });
});

describeWithDns('SRV records with TLS', () => {
  let store: CertificateStore;
  beforeAll(async () => {
    store = await CertificateStore.create();
    await store.issue('member', { hosts: ['127.0.0.1', 'localhost', DOMAIN, `*.${DOMAIN}`] });
  });
  afterAll(() => store.remove());

  it.each<[string, readonly Flavour[]]>([
    ['etcd 3.4', ['reference', 'reference', 'reference']],
    ['ours', ['ours', 'ours', 'ours']],
    ['etcd 3.4 and ours', ['reference', 'ours', 'ours']],
  ])('found one cluster of %s, which etcdctl finds by them as well', async (_who, flavours) => {
    const bootstrap = [
      ...['--discovery-srv', DOMAIN, '--peer-client-cert-auth'],
      ...[
        '--peer-cert-file',
        store.path('member.pem'),
        '--peer-key-file',
        store.path('member.key'),
      ],
      ...['--peer-trusted-ca-file', store.path('ca.pem')],
    ];
    const setups = await plan(NAMES, { bootstrap, scheme: 'https' });
    await nameServer({
      '_etcd-server-ssl': setups.map(({ name, peerPort }) => `${name}.${DOMAIN}:${peerPort}`),
      '_etcd-client': setups.map(({ name, clientPort }) => `${name}.${DOMAIN}:${clientPort}`),
    });
    const wrapper = withNameserver(directory, ownAddress(53));
    const members = setups.map((setup, i) =>
      start({
        ...setup,
        wrapper,
        flavour: flavours[i] ?? 'ours',
        peerUrl: `https://${setup.name}.${DOMAIN}:${setup.peerPort}`,
      }),
    );
    await Promise.all(members.map((each) => each.serves()));
    expect(await members[1]?.memberNames()).toEqual(SORTED);
    expect((await etcdctl(members[2]?.endpoint ?? '', ['put', 'a', 'b'])).stdout).toBe('OK\n');

    const [file = '', ...args] = [...wrapper, 'etcdctl', '--discovery-srv', DOMAIN];
    const { stdout } = await runCommand(file, [...args, 'get', 'a', '--print-value-only'], {
      env: { ETCDCTL_API: '3' },
    });
    expect(stdout).toBe('b\n');
  });
});
