import { SeededRng } from '@etcd-ts/foundation';
import { EtcdCluster, type ClusterMember } from '@etcd-ts/testkit';

import { episode } from './faults/episode.js';
import { KILL_MINORITY } from './faults/process-faults.js';
import { untilServed } from './faults/recovery.js';
import { ClusterLoad } from './load/cluster-load.js';
import { verify } from './load/verification.js';
import { SHORT_LOG } from './short-log.js';
import { KIND } from './kind.js';

// What waits has its own deadline; together they take long on a machine with other work to do.
/** Without the check: every change would wait until all have been connected for five seconds. */
const FLAGS = ['--strict-reconfig-check=false', ...SHORT_LOG.flags];
/** How long the two that are killed stay away at least. */
const BRIEFLY_MS = 500;

describe('a cluster that grows and shrinks under load', () => {
  let cluster: EtcdCluster;
  let load: ClusterLoad;
  beforeAll(async () => {
    cluster = await EtcdCluster.start({ flavour: KIND, size: 1, flags: FLAGS });
    load = ClusterLoad.start(cluster, { seed: 3 });
  });
  afterAll(() => cluster?.dispose());

  async function join(learner: boolean): Promise<ClusterMember> {
    const member = await cluster.add({ learner });
    await member.start();
    if (learner) await cluster.promote(member);
    await untilServed(cluster, load);
    return member;
  }

  async function leave(member: ClusterMember): Promise<void> {
    await cluster.remove(member);
    const { code, signal } = await member.process.exit();
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(member.log).toContain('the member has been permanently removed from the cluster');
    await cluster.retire(member);
    await untilServed(cluster, load);
  }

  it('from one to three to five', async () => {
    for (const learner of [true, false, true, false]) await join(learner);
    const members = await cluster.list();
    expect(members.map(({ isLearner }) => isLearner)).toEqual([false, false, false, false, false]);
  });

  (KIND === 'ours' ? it : it.skip)('by snapshots, where its log is too short', () => {
    const received = cluster.members.filter(({ log }) => log.includes('"applied snapshot"'));
    expect(received.length).toBeGreaterThan(0);
  });

  it('serves on when its leader and one more of the five die', async () => {
    await episode(cluster, load, KILL_MINORITY, new SeededRng(0), BRIEFLY_MS);
  });

  it('and back to one, whoever leaves', async () => {
    await leave(await cluster.leader());
    while (cluster.members.length > 1) await leave(await cluster.follower());
  });

  it('has lost nothing on the way', async () => {
    await load.stop();
    const { acknowledgedWrites } = await verify(cluster, load);
    expect(acknowledgedWrites).toBeGreaterThan(30);
  });
});
