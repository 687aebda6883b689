import {
  createScratchDirectory,
  EtcdCluster,
  etcdctl,
  eventually,
  freePort,
  removeScratchDirectory,
  runCommand,
} from '@etcd-ts/testkit';
import { describeWithDns, DOMAIN, NameServer, ownAddress, withNameserver } from './name-server.js';
import { NewMember } from './new-member.js';
import type { MemberSetup } from './new-member.js';
import { etcdSrv, SrvProcess } from './srv-process.js';

const open: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((process) => process.dispose()));
});

describe('etcd-srv without a domain that answers', () => {
  it.each([
    [[], 'which domain?'],
    [['a b'], 'not a domain name: "a b"'],
    [['x.test', '--format', 'xml'], 'unknown --format xml'],
    [['x.test', '--nameserver', 'dns.example'], '--nameserver wants IP addresses'],
    [['x.test', 'y.test'], '"y.test" is not an option'],
    [['serve', '--addr', 'nonsense'], 'not an address to listen on: nonsense'],
    [['publish'], '--domain is missing'],
    [['publish', '--domain', 'x.test', '--addr', 'host:53'], '--addr wants an IP address'],
    [['publish', '--domain', 'x.test', '--cert', 'x'], '--cert and --key go together'],
  ])('%j: says what is wrong and exits with 2', async (args, message) => {
    const { exitCode, stderr, stdout } = await etcdSrv(...args);
    expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)]);
  });

  it('gives up on servers that do not answer after the time and the rounds it was given', async () => {
    const { exitCode, stderr } = await etcdSrv(
      ...['x.test', '--nameserver', '127.53.9.9:5353', '--timeout', '100ms', '--attempts', '1'],
    );
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^etcd-srv: _etcd-server-ssl\._tcp\.x\.test: lookup .* on 127\.53\.9\.9:5353: /mu,
    );
  });

  it('explains every option', async () => {
    const { stdout, exitCode } = await etcdSrv('--help');
    expect(exitCode).toBe(0);
    for (const name of ['format', 'nameserver', 'max-ttl', 'endpoints', 'interval']) {
      expect(stdout).toContain(`  --${name}`);
    }
  });
});

describeWithDns('etcd-srv DOMAIN', () => {
  it('prints what a static start needs, for etcd 3.4 and for ours', async () => {
    const ports = [await freePort(), await freePort()];
    const dns = await NameServer.start({
      '_etcd-server': ports.map((port) => `localhost:${port}`),
      '_etcd-client': ['one.etcd.test:2379'],
      '_etcd-server-half': ['localhost:1', 'gone.elsewhere.test:1'],
    });
    open.push(dns);
    const ask = (...args: readonly string[]) =>
      etcdSrv(DOMAIN, '--nameserver', `127.53.0.2,${dns.address}`, '--timeout', '30s', ...args);
    const members: NewMember[] = [];
    for (const [i, flavour] of (['ours', 'reference'] as const).entries()) {
      const name = `member-${flavour}`;
      const peerUrl = `http://localhost:${ports[i] ?? 0}`;
      const { stdout, exitCode } = await ask(
        ...['--name', name, '--advertise-peer-urls', peerUrl, '--format', 'flags'],
      );
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`${name}=${peerUrl}`);
      const setup = { flavour, name, peerUrl, peerPort: ports[i] ?? 0 };
      members.push(
        new NewMember({
          ...setup,
          clientPort: await freePort(),
          bootstrap: stdout.trim().split(' '),
        }),
      );
    }
    open.push(...members);
    await Promise.all(members.map((each) => each.serves()));
    expect(await members[0]?.memberNames()).toEqual(['member-ours', 'member-reference']);

    expect((await ask('--clients')).stdout).toBe(`ETCDCTL_ENDPOINTS=http://one.etcd.test:2379\n`);
    const half = await ask('--server-name', 'half', '--format', 'json');
    expect(half.exitCode).toBe(1);
    expect(JSON.parse(half.stdout)).toMatchObject({
      members: [{ url: 'http://localhost:1' }],
      missing: [expect.stringContaining('gone.elsewhere.test:1')],
    });
    const stranger = await ask('--name', 'x', '--advertise-peer-urls', 'http://localhost:9');
    expect([stranger.exitCode, stranger.stdout, stranger.stderr]).toEqual([
      1,
      '',
      'etcd-srv: cannot find local etcd member "x" in SRV records\n',
    ]);
  });
});

describe('etcd-srv publish', () => {
  it('sends clients to who serves, and says so when nobody does', async () => {
    const cluster = await EtcdCluster.start({ flavour: 'ours', size: 3 });
    open.push(cluster);
    const dnsPort = await freePort();
    const [first, , third] = cluster.members;
    const publisher = await SrvProcess.publish(
      ...['--domain', DOMAIN, '--addr', `127.0.0.1:${dnsPort}`, '--interval', '200ms'],
      ...['--endpoints', first?.endpoint ?? ''],
    );
    open.push(publisher);
    const urls = async (...args: readonly string[]): Promise<readonly string[]> => {
      const at = ['--nameserver', `127.0.0.1:${dnsPort}`, '--timeout', '30s'];
      const found = await etcdSrv(DOMAIN, ...at, ...args);
      expect([found.exitCode, found.stderr]).toEqual([0, '']);
      return found.stdout.trim().split(/[=,]/u).slice(1);
    };
    const clientsHearOf = (count: number): Promise<true> =>
      eventually(`clients hear of ${count}`, async () =>
        (await urls('--clients')).length === count ? true : undefined,
      );
    await clientsHearOf(3);
    expect(await urls()).toContain('infra0');
    await eventually('it is content', async () =>
      (await fetch(`${publisher.origin}/health`)).status === 200 ? true : undefined,
    );

    await third?.stop('SIGKILL');
    await clientsHearOf(2);
    await eventually('it counts one that is down', async () => {
      const metrics = await (await fetch(`${publisher.origin}/metrics`)).text();
      const states = ['serving"} 2', 'down"} 1'];
      return states.every((state) => metrics.includes(`etcd_srv_members{state="${state}`))
        ? true
        : undefined;
    });
    await cluster.dispose();
    await eventually('it says that nobody serves', async () =>
      (await fetch(`${publisher.origin}/health`)).status === 503 ? true : undefined,
    );
    await clientsHearOf(3);
    expect(await publisher.stop()).toBe('SIGTERM');
  });
});

describeWithDns('etcd-srv publish, as the nameserver of a machine', () => {
  let directory: string;
  beforeAll(() => (directory = createScratchDirectory('publish')));
  afterAll(() => removeScratchDirectory(directory));

  it('brings a newcomer into the cluster, and the original etcdctl to it', async () => {
    const peerUrl = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;
    const start = async (name: string, url: string, more: Partial<MemberSetup>) => {
      const member = new NewMember({
        flavour: 'ours',
        name,
        clientPort: await freePort(),
        peerPort: Number(new URL(url).port),
        bootstrap: [],
        ...more,
      });
      open.push(member);
      return member;
    };
    const [one, two] = [await peerUrl(), await peerUrl()];
    const founder = await start('one', one, { bootstrap: ['--initial-cluster', `one=${one}`] });
    await founder.serves();
    const nameserver = ownAddress(54);
    const publisher = await SrvProcess.publish(
      ...['--domain', DOMAIN, '--addr', `${nameserver}:53`, '--interval', '200ms', '--ttl', '1s'],
      ...['--endpoints', founder.endpoint],
    );
    open.push(publisher);

    await etcdctl(founder.endpoint, ['member', 'add', 'two', '--peer-urls', two]);
    await eventually('newcomers hear of two', async () => {
      const { stdout } = await etcdSrv(DOMAIN, '--nameserver', nameserver);
      return stdout.includes(`:${new URL(two).port}`) ? true : undefined;
    });
    const wrapper = withNameserver(directory, nameserver);
    const bootstrap = ['--discovery-srv', DOMAIN, '--initial-cluster-state', 'existing'];
    const newcomer = await start('two', two, { bootstrap, wrapper });
    await newcomer.serves();
    expect(await newcomer.memberNames()).toEqual(['one', 'two']);

    const [file = '', ...args] = [...wrapper, 'etcdctl', '--discovery-srv', DOMAIN];
    const { stdout } = await runCommand(file, [...args, 'put', 'a', 'b'], {
      env: { ETCDCTL_API: '3' },
    });
    expect(stdout).toBe('OK\n');
  });
});
