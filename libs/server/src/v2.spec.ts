import { must } from '@etcd-ts/foundation';
import { ManualTime } from '@etcd-ts/manual-time';
import { v2Request } from '@etcd-ts/v2-store';
import type { V2Outcome, V2Request } from '@etcd-ts/v2-store';
import { AlarmRequest, AlarmRequest_AlarmAction, AlarmType, ERRORS } from '@etcd-ts/wire-protocol';

import type { Member } from './member.js';
import { ClusterFixture, eventually, leaderOf } from './testing/cluster-fixture.js';
import { memberConfig, MemberFixture } from './testing/member-fixture.js';
import type { OpenedMember } from './testing/member-fixture.js';

const fixture = new MemberFixture();
afterEach(() => fixture.close());
const SECOND_NS = 1_000_000_000n;
/** What a fresh member of etcd 3.4 says: itself, its attributes, the cluster version. */
const FRESH_INDEX = 3;

function change(
  { server }: Member,
  method: string,
  path: string,
  more: Partial<V2Request> = {},
): Promise<V2Outcome> {
  const timeNs = server.v2.nowNs();
  return server.v2.propose(v2Request({ method, path: `/1${path}`, timeNs, ...more }));
}

function putFor(member: Member, path: string, seconds: bigint): Promise<V2Outcome> {
  const expirationNs = member.server.v2.nowNs() + seconds * SECOND_NS;
  return change(member, 'PUT', path, { value: 'v', expirationNs });
}

/** A value, or the code of a refusal, with the index it came with. */
function look({ server }: Member, path: string): string {
  const answer = server.v2.get(`/1${path}`, { recursive: true, sorted: true });
  return answer.kind === 'node'
    ? `${answer.node.value ?? 'dir'} @${answer.index}`
    : `${answer.code} @${answer.index}`;
}

function everything({ server }: Member): unknown {
  return server.v2.get('/1', { recursive: true, sorted: true });
}

async function startAt(time: ManualTime, directory: string): Promise<OpenedMember> {
  const opened = await fixture.open(memberConfig(directory), { clock: time, scheduler: time });
  await opened.member.ready;
  await eventually('a cluster version', () => look(opened.member, '/').endsWith('@3'));
  return opened;
}

async function started(directory: string): Promise<Member> {
  const { member } = await fixture.start(directory);
  await eventually('a version', () => member.server.facts.clusterVersion() !== undefined);
  return member;
}

describe('the v2 store of a member', () => {
  it('counts what etcd writes there about the cluster, and then the changes of clients', async () => {
    const member = await started(fixture.directory());
    expect(look(member, '/')).toBe(`dir @${FRESH_INDEX}`);
    expect(await change(member, 'PUT', '/a', { value: '1' })).toMatchObject({ kind: 'event' });
    expect(look(member, '/a')).toBe('1 @4');
    expect(await change(member, 'DELETE', '/nope')).toMatchObject({ kind: 'failed', code: 100 });
  });

  it('survives a crash with its index, its times and its history', async () => {
    const directory = fixture.directory();
    const member = await started(directory);
    for (let i = 0; i < 50; i++) await change(member, 'PUT', `/d/k${i % 7}`, { value: String(i) });
    await change(member, 'POST', '/queue', { value: 'job' });
    await putFor(member, '/leased', 3600n);
    await change(member, 'DELETE', '/d/k3');
    const before = everything(member);
    const again = await started(fixture.crashedCopy(directory));
    // Started anew, it says once more who it is, and the leader which version all run.
    await eventually(
      'all is said',
      () => look(again, '/').endsWith('@58') || look(again, '/').endsWith('@57'),
    );
    expect(everything(again)).toMatchObject({ ...(before as object), index: expect.any(Number) });
    const watcher = again.server.v2.watch({
      path: '/1/d/k3',
      recursive: false,
      stream: false,
      sinceIndex: 56,
      wake: () => undefined,
    });
    const event = 'kind' in watcher ? undefined : watcher.take();
    expect(event).toMatchObject({ action: 'delete', node: { modifiedIndex: 56 } });
  });

  it('lets go of what has expired by the clock of the leader, in half a second and not before', async () => {
    const time = new ManualTime();
    const { member } = await startAt(time, fixture.directory());
    await putFor(member, '/a', 5n);
    await putFor(member, '/b', 20n);
    await change(member, 'PUT', '/c', { value: 'stays' });
    const quiet = member.server.v2.raftIndex();
    await time.advance(4900);
    expect(look(member, '/a')).toBe('v @6');
    expect(member.server.v2.raftIndex()).toBe(quiet);
    await time.advance(600);
    await eventually('the expiry', () => look(member, '/a') === '100 @7');
    expect(look(member, '/b')).toBe('v @7');
    await putFor(member, '/b', 20n);
    await time.advance(16_000);
    expect(look(member, '/b')).toBe('v @8');
    expect(member.server.v2.counters().expireCount).toBe(1);
  });

  it('expires after a restart what went by while nobody ran', async () => {
    const directory = fixture.directory();
    const first = await startAt(new ManualTime(), directory);
    await putFor(first.member, '/a', 60n);
    await first.member.stop();
    const later = new ManualTime(Date.UTC(2026, 0, 1) + 61_000);
    const world = { clock: later, scheduler: later };
    const { member } = await fixture.open(memberConfig(directory), world);
    await member.ready;
    expect(look(member, '/a')).toMatch(/^v /u);
    await later.advance(600);
    await eventually('the expiry', () => look(member, '/a').startsWith('100 '));
  });

  it('takes entries of 3.4 about members and version as what they are', async () => {
    const member = await started(fixture.directory());
    const { server } = member;
    const id = must(server.v2.members()[0], 'itself').id;
    const value = '{"name":"other","clientURLs":["http://c:1"]}';
    await change(member, 'PUT', '', { path: `/0/members/${id}/attributes`, value });
    await change(member, 'PUT', '', { path: '/0/version', value: '3.6.0' });
    expect(server.v2.members()).toMatchObject([{ id, name: 'other', clientUrls: ['http://c:1'] }]);
    expect(server.facts.clusterVersion()).toBe('3.6.0');
    expect(look(member, '/')).toBe(`dir @${FRESH_INDEX + 2}`);
  });
});

describe.each([
  ['space is out', AlarmType.NOSPACE, ERRORS.NoSpace.message],
  ['the data is corrupt', AlarmType.CORRUPT, ERRORS.Corrupt.message],
])('while %s', (_, alarm, message) => {
  it('what grows is refused, and what goes can go', async () => {
    const time = new ManualTime();
    const { member } = await startAt(time, fixture.directory());
    await change(member, 'PUT', '/a', { value: '1' });
    await putFor(member, '/leased', 1n);
    const { server } = member;
    const action = AlarmRequest_AlarmAction.ACTIVATE;
    await server.maintenance.alarm(AlarmRequest.create({ action, memberID: 1n, alarm }));
    for (const method of ['PUT', 'POST']) {
      await expect(change(member, method, '/b', { value: '1' })).rejects.toThrow(message);
    }
    expect(await change(member, 'DELETE', '/a')).toMatchObject({ kind: 'event' });
    await time.advance(1600);
    await eventually('the expiry', () => look(member, '/leased').startsWith('100 '));
  });
});

describe('the v2 stores of three members', () => {
  let cluster: ClusterFixture;
  beforeEach(() => (cluster = new ClusterFixture()));
  afterEach(() => cluster.close());
  const names = ['a', 'b', 'c'];

  it('agree on every index, whoever takes the change', async () => {
    const members = (await cluster.start(names)).map(({ member }) => member);
    for (const [at, member] of members.entries()) {
      await change(member, 'PUT', `/k${at}`, { value: 'v' });
      await putFor(member, `/leased${at}`, 1n);
    }
    await leaderOf(members);
    await eventually('all expired', () =>
      members.every((member) => look(member, '/leased2').startsWith('100')),
    );
    await eventually('all said who they are', () => {
      const states = members.map((member) => JSON.stringify(everything(member)));
      return new Set(states).size === 1;
    });
  });

  it('tell by /v2/stats how many appends went between them, and how soon they were answered', async () => {
    const members = (await cluster.start(names)).map(({ member }) => member);
    await change(must(members[0], 'the first'), 'PUT', '/k', { value: 'v' });
    const leader = await leaderOf(members);
    await eventually('both followers have answered', () => {
      const reports = Object.values(leader.server.v2.followers() ?? {});
      return reports.length === 2 && reports.every(({ counts }) => counts.success > 0);
    });
    for (const { latency } of Object.values(leader.server.v2.followers() ?? {})) {
      expect(latency.minimum).toBeGreaterThanOrEqual(0);
      // A sum of equal times, divided, may be off in the last digit.
      expect(latency.average + 1e-6).toBeGreaterThanOrEqual(latency.minimum);
      expect(latency.maximum + 1e-6).toBeGreaterThanOrEqual(latency.average);
    }
    expect(leader.server.v2.self().sent.appendRequests).toBeGreaterThan(0);
    for (const member of members.filter((each) => each !== leader)) {
      expect(member.server.v2.self().received.appendRequests).toBeGreaterThan(0);
      expect(member.server.v2.followers()).toBeUndefined();
    }
  });

  it('come with the state to a member that was too far behind', async () => {
    const shortLog = { snapshotCount: 50, snapshotCatchupEntries: 10, strictReconfigCheck: false };
    const opened = await cluster.start(names, shortLog);
    const members = opened.map(({ member }) => member);
    const leader = await leaderOf(members);
    const at = members.findIndex((member) => member !== leader);
    const behind = must(opened[at], 'a follower');
    cluster.network.cutOff(cluster.urlOf(must(names[at], 'a name')));
    for (let i = 0; i < 300; i++) await change(leader, 'PUT', `/k${i % 9}`, { value: String(i) });
    cluster.network.heal();
    await eventually('a snapshot', () =>
      behind.lines.some(({ message }) => message === 'applied snapshot'),
    );
    await eventually('the same', () => {
      const states = [leader, behind.member].map((member) => JSON.stringify(everything(member)));
      return states[0] === states[1];
    });
    expect(await change(behind.member, 'PUT', '/after', { value: 'v' })).toMatchObject({
      kind: 'event',
    });
  });
});
