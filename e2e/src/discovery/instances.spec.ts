import { EtcdProcess, etcdctl, eventually } from '@etcd-ts/testkit';
import type { Flavour } from '@etcd-ts/testkit';
import { DiscoveryProcess } from './discovery-process.js';
import { joinV2 } from './library-joiner.js';

const open: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((process) => process.dispose()));
});

async function service(...flags: string[]): Promise<DiscoveryProcess> {
  const started = await DiscoveryProcess.start(...flags);
  open.push(started);
  return started;
}

describe('several instances over one etcd', () => {
  it.each<Flavour>(['reference', 'ours'])('(%s) are one service', async (flavour) => {
    const storage = await EtcdProcess.start({ flavour });
    open.push(storage);
    const instances = [
      await service('--endpoints', storage.endpoint),
      await service('--endpoints', storage.endpoint),
    ];
    const url = (await instances[0]?.newToken(2)) ?? '';
    const elsewhere = url.replace(instances[0]?.origin ?? '', instances[1]?.origin ?? '');
    const waiting = joinV2(url, 'one', 'http://127.0.0.1:1');
    const other = await fetch(`${elsewhere}?recursive=true&wait=true&waitIndex=1`);
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
    // Whoever registers meanwhile is kept waiting for seconds: a refusal would end the start of a member.
    const register = (): Promise<Response> =>
      fetch(`${url}/ab`, {
        method: 'PUT',
        body: new URLSearchParams({ value: 'two=http://127.0.0.1:2' }),
      });
    const registered = register();
    const again = await storage.restart();
    open.push(again);
    const first = (await registered).status;
    if (first !== 201) {
      // Where the etcd takes longer than that to come back, it is told to try later.
      expect(first).toBe(503);
      await eventually('it is entered', async () =>
        (await register()).status === 503 ? undefined : true,
      );
    }
    expect(await waiting).toMatchObject({
      initialCluster: 'one=http://127.0.0.1:1,two=http://127.0.0.1:2',
    });
  });

  it('forget a token with its lease, and clear away what members that speak v3 left of it', async () => {
    const storage = await EtcdProcess.start({ flavour: 'reference' });
    open.push(storage);
    const call = async (...args: readonly string[]): Promise<string> =>
      (await etcdctl(storage.endpoint, args)).stdout;
    const instance = await service('--endpoints', storage.endpoint, '--collect-interval', '1s');
    const urls = [await instance.newToken(3), await instance.newToken(3)];
    const [lost = '', kept = ''] = urls.map((url) => url.slice(-32));
    const memberOf = (token: string): string => `/_etcd/registry/${token}/members/ab`;
    // An operator's own token has no lease, and its size may come later.
    for (const token of [lost, kept, 'by-hand']) {
      await call('put', memberOf(token), 'a=http://127.0.0.1:1');
    }
    const leases = (await call('lease', 'list'))
      .split('\n')
      .filter((line) => /^[0-9a-f]+$/u.test(line));
    for (const lease of leases) {
      if ((await call('lease', 'timetolive', lease, '--keys')).includes(lost)) {
        await call('lease', 'revoke', lease);
      }
    }
    expect((await fetch(urls[0] ?? '')).status).toBe(404);
    await eventually('what is left of it is gone', async () =>
      (await call('get', memberOf(lost))) === '' ? true : undefined,
    );
    expect((await fetch(urls[1] ?? '')).status).toBe(200);
    for (const token of [kept, 'by-hand']) {
      expect(await call('get', memberOf(token))).toContain('a=http');
    }
    expect(instance.log).toContain('expired tokens removed');
  });
});
