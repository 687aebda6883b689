import { EtcdCluster, eventually, type ClusterMember } from '@etcd-ts/testkit';

import { ClusterLoad } from './load/cluster-load.js';
import { verify } from './load/verification.js';
import { SHORT_LOG } from './short-log.js';
import { KIND } from './kind.js';

// What waits has its own deadline; together they take long on a machine with other work to do.
/** Of values written before the link breaks: the snapshot is larger than what goes through. */
const VALUES = 64;
const VALUE_BYTES = 32 * 1024;
const CUT_AFTER_BYTES = 512 * 1024;
const WRITE_DEADLINE_MS = 3_000;
const CATCH_UP_TIMEOUT_MS = 90_000;

describe('a follower too far behind for the log', () => {
  let cluster: EtcdCluster;
  let load: ClusterLoad;
  beforeAll(async () => {
    cluster = await EtcdCluster.start({
      flavour: KIND,
      size: 3,
      links: true,
      flags: SHORT_LOG.flags,
    });
    load = ClusterLoad.start(cluster, { seed: 5 });
  });
  afterAll(() => cluster?.dispose());

  const indexOf = async (member: ClusterMember): Promise<number> =>
    Number((await member.status())?.raftIndex ?? 0n);

  async function write(member: ClusterMember, count: number, valueBytes?: number): Promise<void> {
    const pulse = () => load.pulse(member, WRITE_DEADLINE_MS, valueBytes);
    await Promise.all(Array.from({ length: count }, pulse));
  }

  /** Kills one, and goes on without it for longer than the log of the others reaches back. */
  async function leaveBehind(): Promise<ClusterMember> {
    const behind = await cluster.follower();
    await behind.kill();
    const leader = await cluster.leader();
    const reached = (await indexOf(leader)) + SHORT_LOG.entries;
    await eventually(
      'the log has moved on',
      async () => {
        await write(leader, SHORT_LOG.writers);
        return (await indexOf(leader)) > reached ? true : undefined;
      },
      CATCH_UP_TIMEOUT_MS,
    );
    return behind;
  }

  const count = (text: string, what: string): number => text.split(what).length - 1;
  const snapshotsIn = ({ log }: ClusterMember): number => count(log, '"applied snapshot"');
  const failedBy = ({ log }: ClusterMember): number =>
    count(log, '"failed to send database snapshot"');

  function caughtUp(behind: ClusterMember, snapshots: number): Promise<true> {
    return eventually(
      'it has taken a snapshot',
      () => (snapshotsIn(behind) > snapshots ? true : undefined),
      CATCH_UP_TIMEOUT_MS,
    );
  }

  it('gets the state of the leader, and then the log, while clients go on', async () => {
    const behind = await leaveBehind();
    const before = snapshotsIn(behind);
    await behind.start();
    await caughtUp(behind, before);
  });

  it('gets it at the next attempt when the link breaks in the middle of it', async () => {
    const behind = await leaveBehind();
    const leader = await cluster.leader();
    await write(leader, VALUES, VALUE_BYTES);
    const [before, failures] = [snapshotsIn(behind), failedBy(leader)];
    cluster.links.set(leader.name, behind.name, { kind: 'limited', bytes: CUT_AFTER_BYTES });
    await behind.launch();
    await eventually(
      'the leader could not send it',
      () => (failedBy(leader) > failures ? true : undefined),
      CATCH_UP_TIMEOUT_MS,
    );
    expect(snapshotsIn(behind)).toBe(before);
    cluster.links.heal();
    await behind.process.ready();
    await caughtUp(behind, before);
  });

  it('has what everybody has', async () => {
    await load.stop();
    const { acknowledgedWrites } = await verify(cluster, load);
    expect(acknowledgedWrites).toBeGreaterThan(SHORT_LOG.entries);
  });
});
