import { EtcdProcess, etcdctl, eventually } from '@etcd-ts/testkit';
import { DiscoveryProcess } from './discovery-process.js';
import { joinV2 } from './library-joiner.js';
import { NewMember } from './new-member.js';
import { unusedPort } from './ports.js';

jest.setTimeout(90_000);

const open: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((process) => process.dispose()));
});

async function service(...flags: string[]): Promise<DiscoveryProcess> {
  const started = await DiscoveryProcess.start(...flags);
  open.push(started);
  return started;
}

async function member(name: string, url: string, peerUrl?: string): Promise<NewMember> {
  const started = new NewMember({
    flavour: 'reference',
    name,
    clientPort: await unusedPort(),
    peerPort: await unusedPort(),
    bootstrap: ['--discovery', url, '--discovery-fallback', 'exit'],
    ...(peerUrl !== undefined && { peerUrl }),
  });
  open.push(started);
  return started;
}

const REFUSED = 'failed to join discovery cluster';

describe('members of etcd 3.4 and the discovery service', () => {
  it('found a cluster of three; a fourth is told that it is full; nobody needs the service again', async () => {
    const discovery = await service();
    const url = await discovery.newToken(3);
    const members = [await member('one', url), await member('two', url)];
    await members[0]?.says('found peers from discovery server; waiting for more');
    members.push(await member('three', url));
    await Promise.all(members.map((each) => each.serves()));
    const [first] = members;
    expect(await first?.memberNames()).toEqual(['one', 'three', 'two']);
    const written = await etcdctl(members[1]?.endpoint ?? '', ['put', 'a', 'b']);
    expect(written.stdout).toBe('OK\n');

    const fourth = await member('four', url);
    expect((await fourth.ended).exitCode).toBe(1);
    expect(fourth.log).toContain(`${REFUSED} (discovery: cluster is full)`);

    expect(await discovery.stop()).toBe('SIGTERM');
    await first?.stop();
    const { setup, dataDir } = first ?? members[1] ?? fourth;
    const again = new NewMember({ ...setup, dataDir });
    open.push(again);
    await again.serves();
    expect(again.log).toContain('discovery token');
  });

  it('are refused when two of them have one name, or one address', async () => {
    const discovery = await service();
    const sameName = await discovery.newToken(2);
    const twins = [await member('one', sameName), await member('one', sameName)];
    for (const twin of twins) {
      expect((await twin.ended).exitCode).toBe(1);
      expect(twin.log).toContain(`${REFUSED} (discovery: found duplicate name)`);
    }

    const sameAddress = await discovery.newToken(3);
    const first = await member('one', sameAddress, 'http://127.0.0.1:1');
    await first.says('waiting for more');
    const second = await member('two', sameAddress, 'http://127.0.0.1:1');
    expect((await second.ended).exitCode).toBe(1);
    expect(second.log).toContain(`${REFUSED} (discovery: found duplicate id)`);
  });

  it('wait through a service that dies in the middle and comes back with what it had', async () => {
    const discovery = await service();
    const url = await discovery.newToken(2);
    const first = await member('one', url);
    await first.says('waiting for more');
    expect(await discovery.stop('SIGKILL')).toBe('SIGKILL');
    await first.says('retry connecting to discovery service');
    await discovery.restart();
    const second = await member('two', url);
    await Promise.all([first.serves(), second.serves()]);
    expect(await second.memberNames()).toEqual(['one', 'two']);
  });

  it('that did not come up can be taken back, and the others go on with who comes instead', async () => {
    const discovery = await service();
    const url = await discovery.newToken(2);
    const lost = await member('lost', url);
    await lost.says('waiting for more');
    await lost.stop('SIGKILL');
    const listing = (await (await fetch(url)).json()) as {
      node: { nodes: readonly { key: string }[] };
    };
    const id = listing.node.nodes[0]?.key.split('/').at(-1) ?? '';
    expect((await fetch(`${url}/${id}`, { method: 'DELETE' })).status).toBe(200);
    const members = [await member('one', url), await member('two', url)];
    await Promise.all(members.map((each) => each.serves()));
    expect(await members[0]?.memberNames()).toEqual(['one', 'two']);
  });
});

describe('our client of the v2 protocol', () => {
  it('comes to the same cluster as members of etcd 3.4, at the service and at an etcd', async () => {
    const discovery = await service();
    const meetingPoint = await EtcdProcess.start({ flavour: 'reference', flags: ['--enable-v2'] });
    open.push(meetingPoint);
    const directory = `http://${meetingPoint.endpoint}/v2/keys/any/directory`;
    await fetch(`${directory}/_config/size`, {
      method: 'PUT',
      body: new URLSearchParams({ value: '3' }),
    });
    for (const url of [await discovery.newToken(3), directory]) {
      const originals = [await member('one', url), await member('two', url)];
      const outcome = await joinV2(url, 'ours', 'http://127.0.0.1:2');
      // Two of three are a quorum.
      await Promise.all(originals.map((each) => each.serves()));
      expect(await originals[0]?.memberNames()).toEqual(['one', 'ours', 'two']);
      const { initialCluster, initialClusterToken } =
        outcome.kind === 'ok' ? outcome : { initialCluster: '', initialClusterToken: '' };
      expect(initialClusterToken).toBe(url);
      expect(initialCluster.split(',').sort()).toEqual([
        expect.stringMatching(/^one=/u),
        'ours=http://127.0.0.1:2',
        expect.stringMatching(/^two=/u),
      ]);
      expect(await joinV2(url, 'late', 'http://127.0.0.1:3')).toMatchObject({
        message: 'discovery: cluster is full',
      });
    }
  });
});

describe('several instances over one etcd', () => {
  it('are one service', async () => {
    const storage = await EtcdProcess.start({ flavour: 'reference' });
    open.push(storage);
    const instances = [
      await service('--endpoints', storage.endpoint),
      await service('--endpoints', storage.endpoint),
    ];
    const url = (await instances[0]?.newToken(2)) ?? '';
    const elsewhere = url.replace(instances[0]?.origin ?? '', instances[1]?.origin ?? '');
    const waiting = joinV2(url, 'one', 'http://127.0.0.1:1');
    const other = await fetch(`${elsewhere}?recursive=true&wait=true`);
    expect(await other.json()).toMatchObject({ node: { value: 'one=http://127.0.0.1:1' } });
    const late = await fetch(`${elsewhere}/ab`, {
      method: 'PUT',
      body: new URLSearchParams({ value: 'two=http://127.0.0.1:2' }),
    });
    expect(late.status).toBe(201);
    expect(await waiting).toMatchObject({
      initialCluster: 'one=http://127.0.0.1:1,two=http://127.0.0.1:2',
    });
    expect((await fetch(`${elsewhere}/ab`, { method: 'DELETE' })).status).toBe(403);
    const { stdout } = await etcdctl(storage.endpoint, [
      'get',
      '/_etcd/registry/',
      '--prefix',
      '--keys-only',
    ]);
    const token = url.slice(-32);
    expect(stdout.split('\n').filter((line) => line !== '')).toEqual([
      `/_etcd/registry/${token}/_config/size`,
      expect.stringMatching(new RegExp(`^/_etcd/registry/${token}/members/[0-9a-f]+$`, 'u')),
      expect.stringMatching(new RegExp(`^/_etcd/registry/${token}/members/[0-9a-f]+$`, 'u')),
    ]);
    expect((await etcdctl(storage.endpoint, ['lease', 'list'])).stdout).toContain('found 1 leases');
  });

  it('say that they cannot answer while the etcd is away, and go on when it is back', async () => {
    const storage = await EtcdProcess.start({ flavour: 'reference' });
    open.push(storage);
    const instance = await service('--endpoints', storage.endpoint);
    const url = await instance.newToken(2);
    const waiting = joinV2(url, 'one', 'http://127.0.0.1:1');
    await eventually('a member waits', async () =>
      (await (await fetch(`${instance.origin}/metrics`)).text()).includes('discovery_long_polls 1')
        ? true
        : undefined,
    );
    await storage.stop();
    expect((await fetch(`${instance.origin}/health`)).status).toBe(503);
    expect((await fetch(`${url}/_config/size`)).status).toBe(503);
    // Whoever registers meanwhile is kept waiting: a refusal would end the start of a member.
    const registered = fetch(`${url}/ab`, {
      method: 'PUT',
      body: new URLSearchParams({ value: 'two=http://127.0.0.1:2' }),
    });
    const again = await storage.restart();
    open.push(again);
    expect((await registered).status).toBe(201);
    expect(await waiting).toMatchObject({
      initialCluster: 'one=http://127.0.0.1:1,two=http://127.0.0.1:2',
    });
  });
});
