import { readFileSync } from 'node:fs';

import { EtcdCluster, etcdctl, eventually, isInstalled, runCommand } from '@etcd-ts/testkit';
import type { ClusterMember } from '@etcd-ts/testkit';

import { Prometheus, RULES } from './prometheus.js';
import { scrape } from './scrape.js';

/** Those that a slow machine makes fire, rightly; promtool judges them on series of its own. */
const SLOWNESS = [
  'etcdGRPCRequestsSlow',
  'etcdHighCommitDurations',
  'etcdHighFsyncDurations',
  'etcdMemberCommunicationSlow',
];
const QUOTA_BYTES = 24 * 1024 * 1024;
const VALUE_BYTES = 1024 * 1024;
const FIRING_TIMEOUT_MS = 90_000;
const FLAGS = [
  ...['--metrics=extensive', `--quota-backend-bytes=${QUOTA_BYTES}`],
  ...['--heartbeat-interval=50', '--election-timeout=500'],
];

const suite = isInstalled('prometheus') ? describe : describe.skip;

let cluster: EtcdCluster;
let prometheus: Prometheus;

beforeAll(async () => {
  cluster = await EtcdCluster.start({ flavour: 'ours', size: 3, flags: FLAGS });
  prometheus = await Prometheus.start(cluster.members.map(({ endpoint }) => endpoint));
});
afterAll(async () => {
  await prometheus.dispose();
  await cluster.dispose();
});

async function expectFiring(expected: readonly string[]): Promise<void> {
  let seen: readonly string[] = [];
  await eventually(
    `firing: ${expected.join()}`,
    async () => {
      seen = (await prometheus.firing()).filter((name) => !SLOWNESS.includes(name));
      return seen.join() === expected.join() || undefined;
    },
    FIRING_TIMEOUT_MS,
  ).catch(() => undefined);
  expect(seen).toEqual(expected);
}

async function put(member: ClusterMember, key: string, value = 'v'): Promise<number> {
  const args = ['--command-timeout=8s', 'put', key];
  return (await etcdctl(member.endpoint, args, { stdin: value })).exitCode ?? 1;
}

suite('alerts of a real Prometheus about three members (skipped where there is none)', () => {
  it('have a metric for every name in their expressions', async () => {
    const rules = readFileSync(RULES, 'utf8');
    const wanted = new Set(rules.match(/\b(?:etcd|grpc)_\w+(?=\{)/gu));
    expect(wanted.size).toBeGreaterThan(10);
    const leader = await cluster.leader();
    expect(await put(leader, 'a')).toBe(0);
    await eventually('every metric is scraped', async () => {
      const families = await scrape(leader.endpoint);
      const names = new Set([...families.keys()].flatMap((name) => [name, `${name}_bucket`]));
      // Failures to send have no series before there are some, as in the original.
      names.add('etcd_network_peer_sent_failures_total');
      return [...wanted].every((name) => names.has(name)) || undefined;
    });
  });

  it('are evaluated without an error, and none fires while all is well', async () => {
    await eventually('all members are scraped', async () =>
      (await prometheus.count('up == 1')) === 3 ? true : undefined,
    );
    await eventually(
      'all rules were evaluated',
      async () =>
        (await prometheus.rules()).every(({ health }) => health !== 'unknown') || undefined,
    );
    const broken = (await prometheus.rules()).filter(({ health }) => health !== 'ok');
    expect(broken.map(({ name, lastError }) => [name, lastError])).toEqual([]);
    await expectFiring([]);
  });

  it('tell of a leader that changes again and again', async () => {
    for (let changes = 0, attempts = 0; changes < 6; attempts++) {
      expect(attempts).toBeLessThan(60);
      const leader = await cluster.leader();
      const heir = await cluster.idOf(await cluster.follower());
      // Refused while the members do not agree yet on the leader of the last change.
      const moved = await etcdctl(leader.endpoint, ['move-leader', heir.toString(16)]);
      if (moved.exitCode === 0) changes++;
    }
    await expectFiring(['etcdHighNumberOfLeaderChanges']);
    await expectFiring([]);
  });

  it('tell of a database that grows to its quota', async () => {
    const leader = await cluster.leader();
    let taken = 0;
    while ((await put(leader, `big-${taken}`, 'v'.repeat(VALUE_BYTES))) === 0) taken++;
    expect(taken * VALUE_BYTES).toBeGreaterThan(QUOTA_BYTES / 2);
    await eventually('the quota is nearly used', async () =>
      (await prometheus.firing()).includes('etcdDatabaseQuotaLowSpace') ? true : undefined,
    );
    await etcdctl(leader.endpoint, ['del', '--prefix', 'big-']);
    const { stdout } = await etcdctl(leader.endpoint, ['endpoint', 'status', '-w', 'json']);
    const revision = /"revision":(\d+)/u.exec(stdout)?.[1] ?? '';
    await etcdctl(leader.endpoint, ['compact', '--physical', revision]);
    await etcdctl(cluster.endpoints, ['defrag']);
    await etcdctl(leader.endpoint, ['alarm', 'disarm']);
    await expectFiring([]);
  });
});

suite('alerts of a real Prometheus about members that die', () => {
  it('tell of one member that is down', async () => {
    await (await cluster.follower()).kill();
    await expectFiring(['etcdMembersDown']);
  });

  it('tell of a lost quorum, of no leader and of the requests that fail for it', async () => {
    const [left] = cluster.awake;
    if (left === undefined) throw new Error('two are awake');
    await Promise.all(cluster.awake.filter((member) => member !== left).map((m) => m.kill()));
    const failures = Promise.all(['a', 'b', 'c'].map((key) => put(left, key)));
    await expectFiring(['etcdInsufficientMembers', 'etcdMembersDown', 'etcdNoLeader']);
    expect(await failures).not.toContain(0);
    await expectFiring([
      'etcdHighNumberOfFailedGRPCRequests',
      ...['etcdInsufficientMembers', 'etcdMembersDown', 'etcdNoLeader'],
    ]);
  });

  it('fire on the fault that each is about, and on no other (promtool)', async () => {
    const tests = RULES.replace(/\.yml$/u, '.test.yml');
    const { exitCode, stdout, stderr } = await runCommand('promtool', ['test', 'rules', tests]);
    expect([exitCode, stdout + stderr]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });
});
