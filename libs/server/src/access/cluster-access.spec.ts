import { execFileSync } from 'node:child_process';
import { must } from '@etcd-ts/foundation';
import { AuthUserAddRequest, PutRequest, RangeRequest } from '@etcd-ts/wire-protocol';

import type { EtcdServer } from '../etcd-server.js';
import type { Member } from '../member.js';
import { ClusterFixture, eventually, idOf, leaderOf } from '../testing/cluster-fixture.js';
import { MemberFixture, memberConfig } from '../testing/member-fixture.js';

const NAMES = ['one', 'two', 'three'];
const PASSWORD = 'correct horse battery staple';
const patient = (): AbortSignal => new AbortController().signal;
const put = (key: string) => PutRequest.create({ key: Buffer.from(key), value: Buffer.from('v') });
const read = (key: string) => RangeRequest.create({ key: Buffer.from(key) });

const fixture = new ClusterFixture();
const single = new MemberFixture();
afterAll(() => Promise.all([fixture.close(), single.close()]));

function as({ server }: Member, token: string | undefined): EtcdServer {
  const get = (name: string): string | undefined => (name === 'token' ? token : undefined);
  return server.as({ metadata: { get }, peer: '10.0.0.1:1' });
}

/** Users root and ann; ann has the keys from "a" up to "b". */
async function addUsers({ server: { auth } }: Member): Promise<void> {
  for (const name of ['root', 'ann']) {
    await auth.userAdd(AuthUserAddRequest.create({ name, password: PASSWORD }), patient());
  }
  await auth.userGrantRole({ user: 'root', role: 'root' });
  await auth.roleAdd('r');
  const perm = { permType: 2, key: Buffer.from('a'), rangeEnd: Buffer.from('b') } as const;
  await auth.roleGrantPermission({ name: 'r', perm });
  await auth.userGrantRole({ user: 'ann', role: 'r' });
}

const logIn = async (member: Member, name: string): Promise<string> =>
  (await member.server.auth.authenticate(name, PASSWORD, patient())).token;

describe('a cluster with users', () => {
  it('enables through a follower, knows each other’s tokens, and tells who comes back later', async () => {
    const opened = await fixture.start(NAMES, {
      bcryptCost: 4,
      snapshotCount: 50,
      snapshotCatchupEntries: 10,
      strictReconfigCheck: false,
    });
    const members = opened.map(({ member }) => member);
    const leader = await leaderOf(members);
    const [follower, late] = members.filter((member) => idOf(member) !== idOf(leader));
    const asked = must(follower, 'a follower');
    const behind = must(late, 'another follower');
    await addUsers(asked);
    await asked.server.auth.enable();
    const token = await logIn(asked, 'ann');
    for (const member of members) {
      await as(member, token).keyValues.put(put('a1'));
      await expect(as(member, token).keyValues.put(put('z'))).rejects.toThrow('permission denied');
      await expect(as(member, undefined).keyValues.range(read('a1'))).rejects.toThrow(
        'user name is empty',
      );
    }
    const name = must(NAMES[members.indexOf(behind)], 'its name');
    fixture.network.cutOff(fixture.urlOf(name));
    const range = { key: Buffer.from('a'), rangeEnd: Buffer.from('b') };
    await asked.server.auth.roleRevokePermission({ role: 'r', ...range });
    // More than the log keeps: then there is no entry that says that ann has lost her role.
    for (let at = 0; at < 400; at++) await leader.server.keyValues.put(put(`k${at}`));
    fixture.network.heal();
    await eventually('a snapshot', () =>
      must(opened[members.indexOf(behind)], 'it').lines.some(
        ({ message }) => message === 'applied snapshot',
      ),
    );
    await eventually('it has caught up', () => {
      const { revision } = asked.server.facts.header();
      return behind.server.facts.header().revision === revision;
    });
    const local = { ...read('a1'), serializable: true };
    await expect(as(behind, token).keyValues.range(local)).rejects.toThrow('invalid auth token');
    const again = await logIn(behind, 'ann');
    await expect(as(behind, again).keyValues.range(local)).rejects.toThrow('permission denied');
    await expect(as(behind, again).keyValues.put(put('a1'))).rejects.toThrow('permission denied');
    const hashes = await Promise.all(
      [leader, asked, behind].map((member) => member.server.maintenance.hashKv(0)),
    );
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(1);
  });
});

describe('a member with users', () => {
  it('still has them after a crash, and never a password in a file or in its log', async () => {
    const dataDir = single.directory();
    const config = memberConfig(dataDir, { bcryptCost: 4 });
    const { member, lines } = await single.open(config);
    await member.ready;
    await addUsers(member);
    await member.server.auth.enable();
    const token = await logIn(member, 'ann');
    await expect(member.server.auth.authenticate('ann', `${PASSWORD}!`, patient())).rejects.toThrow(
      'authentication failed',
    );
    const copy = single.crashedCopy(dataDir);
    await member.stop();

    const { member: restarted } = await single.open(memberConfig(copy, { bcryptCost: 4 }));
    await restarted.ready;
    expect(await restarted.server.auth.status()).toMatchObject({ enabled: true });
    expect((await restarted.server.auth.userList()).users).toEqual(['ann', 'root']);
    await expect(as(restarted, undefined).keyValues.put(put('a1'))).rejects.toThrow(
      'user name is empty',
    );
    const fresh = await logIn(restarted, 'ann');
    await as(restarted, fresh).keyValues.put(put('a1'));
    await expect(as(restarted, fresh).keyValues.put(put('b'))).rejects.toThrow('denied');

    const found = (text: string): string =>
      execFileSync('grep', ['-rlaF', text, dataDir, copy, '--'], { encoding: 'utf8' });
    expect(() => found(PASSWORD)).toThrow('Command failed');
    expect(found('$2a$04$')).not.toBe('');
    const log = JSON.stringify(lines);
    expect(log).toContain('added a user');
    expect(log).not.toContain(PASSWORD);
    expect(log).not.toContain(token.split('.')[0]);
  });

  it('takes no entry by a right that is gone when it is applied', async () => {
    const { member } = await single.start(single.directory(), { bcryptCost: 4 });
    const { server } = member;
    await addUsers(member);
    await server.auth.enable();
    const stranger = as(member, await logIn(member, 'ann'));
    const root = as(member, await logIn(member, 'root'));
    // Both are in the log before either is applied.
    const [revoked, refused] = await Promise.allSettled([
      root.auth.userRevokeRole({ name: 'ann', role: 'r' }),
      stranger.keyValues.deleteRange({
        key: Buffer.from('a1'),
        rangeEnd: Buffer.alloc(0),
        prevKv: false,
      }),
    ]);
    expect(revoked.status).toBe('fulfilled');
    expect(refused).toMatchObject({
      status: 'rejected',
      reason: { message: 'etcdserver: revision of auth store is old' },
    });
  });
});
