import type { ServerConfig } from '@etcd-ts/config';
import { must } from '@etcd-ts/foundation';
import type { WatchSink } from '@etcd-ts/mvcc';

import type { Member } from './member.js';
import { ClusterFixture, eventually, idOf, leaderOf } from './testing/cluster-fixture.js';
import type { OpenedMember } from './testing/member-fixture.js';
import { get, put } from './testing/requests.js';

const NAMES = ['a', 'b', 'c'];
/** The log in memory and on disk is cut early, so that whoever is behind needs the state itself. */
const SHORT_LOG: Partial<ServerConfig> = {
  snapshotCount: 50,
  snapshotCatchupEntries: 10,
  strictReconfigCheck: false,
};
let cluster: ClusterFixture;
beforeEach(() => (cluster = new ClusterFixture()));
afterEach(() => cluster.close());

async function fill(member: Member, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await put(member.server, `k${i % 40}`, `v${i}`);
}

const installed = ({ lines }: OpenedMember): boolean =>
  lines.some(({ message }) => message === 'applied snapshot');

async function hashOf({ server }: Member): Promise<unknown> {
  const { hash, compactRevision, hashRevision } = await server.maintenance.hashKv(0);
  return { hash, compactRevision, hashRevision };
}

/** Cuts one follower off, writes more than the log keeps, and lets it back in. */
async function fallBehind(
  opened: readonly OpenedMember[],
  meanwhile: (leader: Member) => Promise<void>,
) {
  const members = opened.map(({ member }) => member);
  const leader = await leaderOf(members);
  const position = members.findIndex((member) => member !== leader);
  const name = must(NAMES[position], 'a follower');
  const behind = must(opened[position], 'a follower');
  cluster.network.cutOff(cluster.urlOf(name));
  await meanwhile(leader);
  cluster.network.heal();
  return { leader, behind, name };
}

describe('a follower that is too far behind for the log', () => {
  it('gets the whole state, serves it, and goes on from there', async () => {
    const opened = await cluster.start(NAMES, SHORT_LOG);
    const { leader, behind } = await fallBehind(opened, async (writer) => {
      await writer.server.leases.grant({ ID: 9n, TTL: 600n });
      await put(writer.server, 'leased', 'v', 9n);
      await fill(writer, 400);
    });
    await eventually('a snapshot', () => installed(behind));
    expect(await get(behind.member.server, 'k39')).toBe('v399');
    expect(await hashOf(behind.member)).toEqual(await hashOf(leader));
    expect(await behind.member.server.leases.list()).toEqual([9n]);
    await put(behind.member.server, 'k', 'after');
    expect(await get(leader.server, 'k')).toBe('after');
    expect(await hashOf(behind.member)).toEqual(await hashOf(leader));
  });

  it('still has it after a restart, with what came later', async () => {
    const opened = await cluster.start(NAMES, SHORT_LOG);
    const { leader, behind, name } = await fallBehind(opened, (writer) => fill(writer, 300));
    await eventually('a snapshot', () => installed(behind));
    await fill(leader, 30);
    await behind.member.stop();
    await put(leader.server, 'k', 'while it was down');
    const { member } = await cluster.open(name, NAMES, SHORT_LOG);
    await member.ready;
    expect(await get(member.server, 'k')).toBe('while it was down');
    expect(await hashOf(member)).toEqual(await hashOf(leader));
  });

  it('tells its watchers everything they missed, each revision once', async () => {
    const opened = await cluster.start(NAMES, SHORT_LOG);
    const seen: number[] = [];
    const sink: WatchSink = {
      offer: (_watcher, commits) => {
        for (const { revision } of commits) seen.push(revision);
        return true;
      },
      compacted: () => undefined,
    };
    const members = opened.map(({ member }) => member);
    const leader = await leaderOf(members);
    const watching = must(
      opened.find(({ member }) => member !== leader),
      'a follower',
    );
    watching.member.server.watch.hub.watch({
      key: Buffer.from('k'),
      rangeEnd: Buffer.from('l'),
      startRevision: 2,
      noPut: false,
      noDelete: false,
      sink,
    });
    const { behind } = await fallBehind(opened, (writer) => fill(writer, 300));
    expect(behind).toBe(watching);
    await eventually('a snapshot', () => installed(behind));
    await put(behind.member.server, 'k', 'last');
    const last = Number(behind.member.server.facts.header().revision);
    await eventually('all events', () => seen.at(-1) === last);
    expect(seen).toEqual(Array.from({ length: last - 1 }, (_, i) => i + 2));
  });

  it('takes part in changes of the membership that the snapshot has brought', async () => {
    const opened = await cluster.start(NAMES, SHORT_LOG);
    const { leader, behind } = await fallBehind(opened, async (writer) => {
      await writer.server.cluster.addMember(['http://d.test:2380'], true);
      await fill(writer, 300);
    });
    await eventually('a snapshot', () => installed(behind));
    expect(behind.member.server.cluster.knownMembers()).toEqual(
      leader.server.cluster.knownMembers(),
    );
  });
});

describe('a new member', () => {
  it('joins a cluster whose first entries nobody has any more', async () => {
    const [first] = await cluster.start(['a'], SHORT_LOG);
    const { member: leader } = must(first, 'the only one');
    await fill(leader, 400);
    const added = await leader.server.cluster.addMember([cluster.urlOf('b')], false);
    const joined = await cluster.open('b', ['a', 'b'], {
      ...SHORT_LOG,
      initialClusterState: 'existing',
    });
    await joined.member.ready;
    expect(idOf(joined.member)).toBe(added.id);
    expect(installed(joined)).toBe(true);
    expect(await get(joined.member.server, 'k39')).toBe('v399');
    expect(await hashOf(joined.member)).toEqual(await hashOf(leader));
  });
});
