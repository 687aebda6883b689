import { EtcdProcess, etcdctl, eventually } from '@etcd-ts/testkit';
import { DiscoveryProcess } from './discovery-process.js';
import { joinV2, joinV3 } from './library-joiner.js';

const open: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((process) => process.dispose()));
});

async function meetingPoint(): Promise<EtcdProcess> {
  const started = await EtcdProcess.start({ flavour: 'reference' });
  open.push(started);
  return started;
}

const url = (name: string): string => `http://${name}.example:2380`;

describe('v3 discovery at an etcd', () => {
  const join = (etcd: EtcdProcess, token: string, name: string) =>
    joinV3([etcd.endpoint], token, name, url(name));
  const setSize = (etcd: EtcdProcess, token: string, size: string) =>
    etcdctl(etcd.endpoint, ['put', `/_etcd/registry/${token}/_config/size`, size]);

  it('brings members together in the order of their keys; one more is told that it is full', async () => {
    const etcd = await meetingPoint();
    await setSize(etcd, 'T', '3');
    const outcomes = await Promise.all(['a', 'b', 'c'].map((name) => join(etcd, 'T', name)));
    const [first] = outcomes;
    expect(first).toMatchObject({ kind: 'ok', initialClusterToken: 'T' });
    expect(outcomes).toEqual([first, first, first]);
    expect(await join(etcd, 'T', 'd')).toMatchObject({ message: 'discovery: cluster is full' });
    // A member that starts anew before it has founded anything finds its place again.
    expect(await join(etcd, 'T', 'b')).toEqual(first);
  });

  it.each([
    [undefined, 'discovery: size key not found'],
    ['many', 'discovery: size key is bad'],
    ['0', 'discovery: size key is bad'],
  ])('says what is wrong with a size of %s', async (size, message) => {
    const etcd = await meetingPoint();
    if (size !== undefined) await setSize(etcd, 'T', size);
    expect(await join(etcd, 'T', 'a')).toMatchObject({ kind: 'failed', message });
  });

  it('passes over keys that are none of members, and refuses members that cannot be together', async () => {
    const etcd = await meetingPoint();
    await setSize(etcd, 'T', '2');
    const put = (key: string, value: string) =>
      etcdctl(etcd.endpoint, ['put', `/_etcd/registry/T/members${key}`, value]);
    await put('/not-hexadecimal', 'x=http://x:1');
    await put('-other/ab', 'x=http://x:1');
    await put('/ab', 'no equals sign');
    await put('/cd', `twin=${url('a')}`);
    expect(await join(etcd, 'T', 'a')).toMatchObject({
      message: `discovery cluster twin=${url('a')},a=${url('a')} has duplicate url`,
    });
    await setSize(etcd, 'U', '1');
    expect(await join(etcd, 'U', 'a')).toMatchObject({ initialCluster: `a=${url('a')}` });
  });

  it('waits through an etcd that goes away and comes back', async () => {
    const etcd = await meetingPoint();
    await setSize(etcd, 'T', '2');
    const first = join(etcd, 'T', 'a');
    await eventually('the first member is entered', async () => {
      const { stdout } = await etcdctl(etcd.endpoint, [
        'get',
        '/_etcd/registry/T/members',
        '--prefix',
      ]);
      return stdout.includes('a=') ? true : undefined;
    });
    await etcd.stop();
    const again = await etcd.restart();
    open.push(again);
    const second = await join(again, 'T', 'b');
    expect(second).toMatchObject({ kind: 'ok', initialCluster: `a=${url('a')},b=${url('b')}` });
    expect(await first).toEqual(second);
  });

  it('asks another endpoint when one does not answer', async () => {
    const etcd = await meetingPoint();
    await setSize(etcd, 'T', '1');
    const endpoints = ['127.0.0.1:1', `http://${etcd.endpoint}`];
    expect(await joinV3(endpoints, 'T', 'a', url('a'))).toMatchObject({ kind: 'ok' });
  });
});

describe('the discovery service over an etcd', () => {
  it('makes tokens for v3 as well: members meet at the etcd itself', async () => {
    const etcd = await meetingPoint();
    const service = await DiscoveryProcess.start('--endpoints', etcd.endpoint);
    open.push(service);
    const flags = await (await fetch(`${service.origin}/new?size=2&v=3`)).text();
    const [, token = '', endpoints = ''] =
      /^--discovery-token=(\S+) --discovery-endpoints=(\S+)$/u.exec(flags) ?? [];
    const both = ['a', 'b'].map((name) => joinV3(endpoints.split(','), token, name, url(name)));
    const [first, second] = await Promise.all(both);
    expect(first).toMatchObject({ kind: 'ok', initialClusterToken: token });
    expect(second).toEqual(first);
    expect(await joinV2(`${service.origin}/${token}`, 'c', url('c'))).toMatchObject({
      message: 'discovery: cluster is full',
    });
  });

  it('tells members the endpoints that they can reach, where those are others than its own', async () => {
    const etcd = await meetingPoint();
    const theirs = ['10.0.0.1:2379', '10.0.0.2:2379'];
    const service = await DiscoveryProcess.start(
      ...['--endpoints', etcd.endpoint, '--v3-endpoints', theirs.join(',')],
    );
    open.push(service);
    const headers = { accept: 'application/json' };
    const json = await fetch(`${service.origin}/new?size=1`, { headers });
    expect(await json.json()).toMatchObject({
      discovery: expect.stringContaining(service.origin) as string,
      discoveryToken: expect.stringMatching(/^[0-9a-f]{32}$/u) as string,
      discoveryEndpoints: theirs,
    });
  });
});
