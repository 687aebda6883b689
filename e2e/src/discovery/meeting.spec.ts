import { etcdctl, freePort } from '@etcd-ts/testkit';
import type { Flavour } from '@etcd-ts/testkit';
import { DiscoveryProcess } from './discovery-process.js';
import { NewMember } from './new-member.js';
import type { MemberSetup } from './new-member.js';

const open: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((process) => process.dispose()));
});

async function service(...flags: string[]): Promise<DiscoveryProcess> {
  const started = await DiscoveryProcess.start(...flags);
  open.push(started);
  return started;
}

async function member(
  flavour: Flavour,
  name: string,
  url: string,
  more: Partial<MemberSetup> = {},
): Promise<NewMember> {
  const started = new NewMember({
    flavour,
    name,
    clientPort: await freePort(),
    peerPort: await freePort(),
    bootstrap: ['--discovery', url, '--discovery-fallback', 'exit'],
    ...more,
  });
  open.push(started);
  return started;
}

const REFUSED = 'failed to join discovery cluster';

const COMPANIES: readonly (readonly [string, readonly [Flavour, Flavour, Flavour]])[] = [
  ['of etcd 3.4', ['reference', 'reference', 'reference']],
  ['of ours', ['ours', 'ours', 'ours']],
  ['of both, etcd 3.4 first,', ['reference', 'ours', 'ours']],
  ['of both, ours first,', ['ours', 'reference', 'reference']],
];

describe.each(COMPANIES)('members %s and the discovery service', (_who, [one, two, three]) => {
  it('found a cluster of three; a fourth is told that it is full; nobody needs the service again', async () => {
    const discovery = await service();
    const url = await discovery.newToken(3);
    const members = [await member(one, 'one', url)];
    await members[0]?.says('found peers from discovery server; waiting for more');
    members.push(await member(two, 'two', url), await member(three, 'three', url));
    await Promise.all(members.map((each) => each.serves()));
    expect(await members[0]?.memberNames()).toEqual(['one', 'three', 'two']);
    const written = await etcdctl(members[1]?.endpoint ?? '', ['put', 'a', 'b']);
    expect(written.stdout).toBe('OK\n');

    const fourth = await member(two, 'four', url);
    expect((await fourth.ended).exitCode).toBe(1);
    expect(fourth.log).toContain(`${REFUSED} (discovery: cluster is full)`);
    expect(fourth.log).toContain('do not reuse discovery token; generate a new one');

    expect(await discovery.stop()).toBe('SIGTERM');
    await Promise.all(members.map((each) => each.stop('SIGKILL')));
    const again = members.map(({ setup, dataDir }) => new NewMember({ ...setup, dataDir }));
    open.push(...again);
    await Promise.all(again.map((each) => each.serves()));
    for (const { log } of again) {
      expect(log).toContain('discovery token is ignored since cluster already initialized');
    }
    const { stdout } = await etcdctl(again[2]?.endpoint ?? '', ['get', 'a', '--print-value-only']);
    expect(stdout).toBe('b\n');
  });
});

describe.each<Flavour>(['reference', 'ours'])('members (%s) and the discovery service', (own) => {
  const other: Flavour = own === 'ours' ? 'reference' : 'ours';

  it('are refused when two of them have one name, or one address', async () => {
    const discovery = await service();
    const sameName = await discovery.newToken(2);
    const twins = [await member(own, 'one', sameName), await member(other, 'one', sameName)];
    for (const twin of twins) {
      expect((await twin.ended).exitCode).toBe(1);
      expect(twin.log).toContain(`${REFUSED} (discovery: found duplicate name)`);
    }

    const sameAddress = await discovery.newToken(3);
    const at = { peerUrl: 'http://127.0.0.1:1' };
    const first = await member(other, 'one', sameAddress, at);
    await first.says('waiting for more');
    const second = await member(own, 'two', sameAddress, at);
    expect((await second.ended).exitCode).toBe(1);
    expect(second.log).toContain(`${REFUSED} (discovery: found duplicate id)`);
    expect(second.log).toContain('but could not find valid cluster configuration');
  });

  it('wait through a service that dies in the middle and comes back with what it had', async () => {
    const discovery = await service();
    const url = await discovery.newToken(2);
    const first = await member(own, 'one', url);
    await first.says('waiting for more');
    expect(await discovery.stop('SIGKILL')).toBe('SIGKILL');
    await first.says('retry connecting to discovery service');
    await discovery.restart();
    const second = await member(other, 'two', url);
    await Promise.all([first.serves(), second.serves()]);
    expect(await second.memberNames()).toEqual(['one', 'two']);
  });

  it('that did not come up can be taken back, and the others go on with who comes instead', async () => {
    const discovery = await service();
    const url = await discovery.newToken(2);
    const lost = await member(own, 'lost', url);
    await lost.says('waiting for more');
    await lost.stop('SIGKILL');
    // Its place is still taken, by itself.
    const { setup, dataDir } = lost;
    const again = new NewMember({ ...setup, dataDir });
    open.push(again);
    expect((await again.ended).exitCode).toBe(1);
    expect(again.log).toContain('discovery: found duplicate id');

    const listing = (await (await fetch(url)).json()) as {
      node: { nodes: readonly { key: string }[] };
    };
    const id = listing.node.nodes[0]?.key.split('/').at(-1) ?? '';
    expect((await fetch(`${url}/${id}`, { method: 'DELETE' })).status).toBe(200);
    const members = [await member(own, 'one', url), await member(other, 'two', url)];
    await Promise.all(members.map((each) => each.serves()));
    expect(await members[0]?.memberNames()).toEqual(['one', 'two']);
  });
});

describe('a member of ours that waits for others', () => {
  it('ends at once when it is told to', async () => {
    const discovery = await service();
    const waiting = await member('ours', 'one', await discovery.newToken(2));
    await waiting.says('waiting for more');
    expect((await waiting.stop('SIGTERM')).signal).toBe('SIGTERM');
    expect(waiting.log).not.toContain('graceful stop took too long');
  });
});
