import { etcdctl, EtcdProcess, freePort } from '@etcd-ts/testkit';
import type { Flavour } from '@etcd-ts/testkit';
import { NewMember } from './new-member.js';

const open: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((process) => process.dispose()));
});

async function meetingPoint(flavour: Flavour): Promise<EtcdProcess> {
  const started = await EtcdProcess.start({ flavour, flags: ['--enable-v2=true'] });
  open.push(started);
  return started;
}

async function member(
  flavour: Flavour,
  name: string,
  ...bootstrap: readonly string[]
): Promise<NewMember> {
  const clientPort = await freePort();
  const started = new NewMember({
    flavour,
    name,
    clientPort,
    peerPort: await freePort(),
    bootstrap,
  });
  open.push(started);
  return started;
}

/** Whoever has data needs nobody to find the others. */
async function restartAlone(
  members: readonly NewMember[],
  target: EtcdProcess,
): Promise<readonly NewMember[]> {
  await Promise.all(members.map((each) => each.stop('SIGKILL')));
  await target.stop('SIGKILL');
  const again = members.map(({ setup, dataDir }) => new NewMember({ ...setup, dataDir }));
  open.push(...again);
  await Promise.all(again.map((each) => each.serves()));
  return again;
}

describe.each<Flavour>(['reference', 'ours'])('the v2 keys of an existing etcd (%s)', (flavour) => {
  it('bring members of etcd 3.4 and of ours together', async () => {
    const etcd = await meetingPoint(flavour);
    const directory = `http://${etcd.endpoint}/v2/keys/any/directory`;
    const bootstrap = ['--discovery', directory, '--discovery-fallback', 'exit'];
    const early = await member('ours', 'early', ...bootstrap);
    expect((await early.ended).exitCode).toBe(1);
    expect(early.log).toContain('failed to join discovery cluster (discovery: size key not found)');

    await fetch(`${directory}/_config/size`, {
      method: 'PUT',
      body: new URLSearchParams({ value: '3' }),
    });
    const members = [
      await member('ours', 'one', ...bootstrap),
      await member('reference', 'two', ...bootstrap),
      await member('ours', 'three', ...bootstrap),
    ];
    await Promise.all(members.map((each) => each.serves()));
    expect(await members[1]?.memberNames()).toEqual(['one', 'three', 'two']);
    const late = await member('ours', 'late', ...bootstrap);
    await late.ended;
    expect(late.log).toContain('discovery: cluster is full');
    await restartAlone(members, etcd);
  });
});

describe.each<Flavour>(['reference', 'ours'])('the v3 keys of an existing etcd (%s)', (flavour) => {
  it('bring members of ours together', async () => {
    const etcd = await meetingPoint(flavour);
    const bootstrap = ['--discovery-token', 'T', '--discovery-endpoints', etcd.endpoint];
    const early = await member('ours', 'early', ...bootstrap);
    expect((await early.ended).exitCode).toBe(1);
    expect(early.log).toContain('discovery: size key not found');

    await etcdctl(etcd.endpoint, ['put', '/_etcd/registry/T/_config/size', '3']);
    const first = await member('ours', 'one', ...bootstrap);
    await first.says('waiting for peers from discovery service');
    const members = [
      first,
      await member('ours', 'two', ...bootstrap),
      await member('ours', 'three', ...bootstrap),
    ];
    await Promise.all(members.map((each) => each.serves()));
    const names = ['one', 'three', 'two'];
    expect(await members[0]?.memberNames()).toEqual(names);
    const late = await member('ours', 'late', ...bootstrap);
    await late.ended;
    expect(late.log).toContain('discovery: cluster is full');
    const again = await restartAlone(members, etcd);
    expect(await again[1]?.memberNames()).toEqual(names);
  });
});
