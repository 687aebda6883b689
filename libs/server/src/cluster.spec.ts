import type { ServerConfig } from '@etcd-ts/config';
import { LeaseId } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import { ERRORS, EtcdError } from '@etcd-ts/wire-protocol';

import type { Member } from './member.js';
import { MemberRemovedError } from './peers/member-removed-error.js';
import { ClusterFixture, eventually, idOf, leaderOf } from './testing/cluster-fixture.js';
import { get, put } from './testing/requests.js';

const NAMES = ['a', 'b', 'c'];
let cluster: ClusterFixture;

beforeEach(() => (cluster = new ClusterFixture()));
afterEach(() => cluster.close());

async function started(
  names = NAMES,
  changes: Partial<ServerConfig> = {},
): Promise<readonly Member[]> {
  return (await cluster.start(names, changes)).map(({ member }) => member);
}

/** Asked again while it is refused in one of these ways. */
async function untilTaken<T>(
  refusals: readonly (typeof ERRORS)[keyof typeof ERRORS][],
  ask: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isPassing = error instanceof EtcdError && refusals.some((each) => error.is(each));
      if (!isPassing) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/**
 * Members in one process elect another leader when the machine lets all of them wait; a client asks
 * again then, and what these write is the same the second time.
 */
const LEADERSHIP_MOVED = [ERRORS.LeaderChanged, ERRORS.NoLeader, ERRORS.TimeoutDueToLeaderFail];

const read = (member: Member, key: string): Promise<string | undefined> =>
  untilTaken(LEADERSHIP_MOVED, () => get(member.server, key));

const write = (member: Member, key: string, value: string): Promise<unknown> =>
  untilTaken(LEADERSHIP_MOVED, () => put(member.server, key, value));

/** As soon as the learner has what the leader has. */
const promoted = (member: Member, id: MemberId): Promise<unknown> =>
  untilTaken([ERRORS.LearnerNotReady], () => member.server.cluster.promoteMember(id));

const others = (members: readonly Member[], one: Member): readonly Member[] =>
  members.filter((member) => member !== one);

describe('three members', () => {
  it('take writes anywhere and read them anywhere at once', async () => {
    const members = await started();
    let written = 0;
    for (const writer of members) {
      await write(writer, 'k', String(++written));
      for (const reader of members) expect(await read(reader, 'k')).toBe(String(written));
    }
  });

  it('know each other by name, and agree on a cluster version', async () => {
    const [first] = await started();
    await eventually('all published', () => {
      const known = first?.server.cluster.knownMembers() ?? [];
      return (
        known
          .map(({ name }) => name)
          .sort()
          .join() === 'a,b,c'
      );
    });
    await eventually('a version', () => first?.server.facts.clusterVersion() === '3.7.0');
  });

  it('lose no write when the leader is cut off, and follow one leader when it is back', async () => {
    const members = await started();
    const leader = await leaderOf(members);
    await write(leader, 'k', 'before');
    const rest = others(members, leader);
    const name = NAMES[members.indexOf(leader)] ?? '';
    cluster.network.cutOff(cluster.urlOf(name));
    const successor = await leaderOf(rest);
    await write(successor, 'k', 'after');
    await eventually('the former leader stands down', () => !leader.server.facts.leader());
    cluster.network.heal();
    await leaderOf(members);
    expect(await read(leader, 'k')).toBe('after');
  });

  it('cannot write or read without a quorum, and can again', async () => {
    const members = await started();
    await write(await leaderOf(members), 'k', 'v');
    const [a, b, c] = members;
    expect(await read(a as Member, 'k')).toBe('v');
    cluster.network.cutOff(cluster.urlOf('b'));
    cluster.network.cutOff(cluster.urlOf('c'));
    await eventually('no leader', () => !a?.server.facts.leader());
    expect(await get((a as Member).server, 'k', { serializable: true })).toBe('v');
    const writing = put((a as Member).server, 'k', 'w');
    const outcome = Promise.race([
      writing,
      new Promise((resolve) => setTimeout(resolve, 300, 'no')),
    ]);
    expect(await outcome).toBe('no');
    cluster.network.heal();
    await writing;
    expect(await read(b as Member, 'k')).toBe('w');
    expect(await read(c as Member, 'k')).toBe('w');
  });

  it('keep one lease wherever it is renewed', async () => {
    const members = await started();
    const leader = await leaderOf(members);
    const [follower] = others(members, leader);
    const { ID } = await leader.server.leases.grant({ ID: 77n, TTL: 30n });
    expect(await follower?.server.leases.renew(LeaseId(ID))).toBe(30);
    const times = await follower?.server.leases.timeToLive({ ID, keys: true });
    expect(times).toMatchObject({ ID, grantedTTL: 30n });
    await expect(follower?.server.leases.renew(LeaseId(78n))).rejects.toThrow(
      ERRORS.LeaseNotFound.message,
    );
  });

  it('move the lead where they are told, and only from the leader', async () => {
    const members = await started();
    const leader = await leaderOf(members);
    const [target, third] = others(members, leader) as [Member, Member];
    await expect(third.server.cluster.moveLeader(idOf(target))).rejects.toThrow(
      ERRORS.NotLeader.message,
    );
    await leader.server.cluster.moveLeader(idOf(target));
    expect(await leaderOf(members)).toBe(target);
  });

  it('have a new leader at once when the old one stops on purpose', async () => {
    const members = await started();
    const leader = await leaderOf(members);
    const [survivor] = others(members, leader) as [Member];
    await leader.stop();
    const { leader: successor } = survivor.server.facts;
    expect(successor()).not.toBe(idOf(leader));
    await write(survivor, 'k', 'v');
  });
});

describe('a membership', () => {
  it('grows by a learner that is promoted, and shrinks by a member that then ends', async () => {
    // Else a member counts as healthy only after five seconds.
    const members = await started(['a'], { strictReconfigCheck: false });
    const [first] = members as [Member];
    for (let i = 0; i < 50; i++) await write(first, `k${i}`, 'v');
    const added = await first.server.cluster.addMember([cluster.urlOf('b')], true);
    const { member: second } = await cluster.open('b', ['a', 'b'], {
      initialClusterState: 'existing',
    });
    await second.ready;
    expect(idOf(second)).toBe(added.id);
    expect(second.server.facts.isLearner()).toBe(true);
    await promoted(first, added.id);
    await eventually('it votes', () => !second.server.facts.isLearner());
    expect(await read(second, 'k49')).toBe('v');
    await write(second, 'k', 'from the second');
    await first.server.cluster.removeMember(added.id);
    expect(await second.stopped).toBeInstanceOf(MemberRemovedError);
    expect(await read(first, 'k')).toBe('from the second');
  });

  it('is joined by a member whose leader was started again since it was added', async () => {
    const changes = { strictReconfigCheck: false, snapshotCount: 50 };
    const [first] = (await started(['a'], changes)) as [Member];
    // More than one file of the applied state: after the start the log does not reach back to its begin.
    for (let i = 0; i < 120; i++) await write(first, `k${i}`, 'v');
    const added = await first.server.cluster.addMember([cluster.urlOf('b')], true);
    await first.stop();
    const { member: again } = await cluster.open('a', ['a'], changes);
    await again.ready;
    const { member: second } = await cluster.open('b', ['a', 'b'], {
      initialClusterState: 'existing',
    });
    await second.ready;
    await promoted(again, added.id);
    expect(await read(second, 'k119')).toBe('v');
  });

  it.each(['the leader itself', 'the other'])(
    'of two goes on with the other when the leader is removed by %s and never heard of again',
    async (asked) => {
      const members = await started(['a', 'b'], { strictReconfigCheck: false });
      const leader = await leaderOf(members);
      const [other] = others(members, leader) as [Member];
      const { cluster: operations } = (asked === 'the other' ? other : leader).server;
      await operations.removeMember(idOf(leader));
      cluster.network.cutOff(cluster.urlOf(members.indexOf(leader) === 0 ? 'a' : 'b'));
      await write(other, 'k', 'v');
      expect(other.server.cluster.knownMembers().map(({ id }) => id)).toEqual([idOf(other)]);
    },
  );

  it('lets a leader go that removes itself', async () => {
    const leader = await leaderOf(await started(NAMES, { strictReconfigCheck: false }));
    await untilTaken(LEADERSHIP_MOVED, () => leader.server.cluster.removeMember(idOf(leader)));
    expect(await leader.stopped).toBeInstanceOf(MemberRemovedError);
  });

  it('refuses what would break it, in etcd’s words', async () => {
    const members = await started();
    const { cluster: operations } = (await leaderOf(members)).server;
    const [known] = operations.knownMembers();
    await expect(operations.addMember(known?.peerUrls ?? [], false)).rejects.toThrow();
    await expect(operations.removeMember(1n as never)).rejects.toThrow(
      ERRORS.MemberNotFound.message,
    );
    await expect(operations.promoteMember(known?.id as never)).rejects.toThrow(
      ERRORS.MemberNotLearner.message,
    );
    await expect(operations.updateMember(1n as never, ['http://x:1'])).rejects.toThrow(
      ERRORS.MemberNotFound.message,
    );
    await operations.addMember(['http://d.test:2380'], true);
    await expect(operations.addMember(['http://e.test:2380'], true)).rejects.toThrow(
      ERRORS.TooManyLearners.message,
    );
  });

  it('goes on alone, with everything acknowledged, when it is forced to', async () => {
    const members = await started();
    const leader = await leaderOf(members);
    await write(leader, 'k', 'v');
    for (const member of members) await member.stop();
    const { member: alone } = await cluster.open('b', NAMES, { forceNewCluster: true });
    await alone.ready;
    expect(alone.server.cluster.knownMembers().map(({ name }) => name)).toEqual(['b']);
    expect(await read(alone, 'k')).toBe('v');
    await write(alone, 'k', 'w');
  });

  it('does not take back a member that lost its data', async () => {
    const members = await started();
    const victim = members[2] as Member;
    await eventually('all published', () =>
      (members[0] as Member).server.cluster.knownMembers().every(({ name }) => name !== ''),
    );
    await victim.stop();
    cluster.forget('c');
    await expect(cluster.open('c', NAMES)).rejects.toThrow(/has already been bootstrapped/u);
  });
});
