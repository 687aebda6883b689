import { EtcdCluster, etcdctl, eventually, startEtcdctl } from '@etcd-ts/testkit';
import type { BackgroundCommand, ClusterMember, CommandResult } from '@etcd-ts/testkit';

import { ask } from './http-request.js';

const V2 = { env: { ETCDCTL_API: '2' } };
let clusters: readonly EtcdCluster[];

beforeAll(async () => {
  clusters = await Promise.all([
    EtcdCluster.start({ flavour: 'ours', size: 1 }),
    EtcdCluster.start({ flavour: 'reference', size: 1, flags: ['--enable-v2'] }),
  ]);
});
afterAll(() => Promise.all(clusters.map((cluster) => cluster.dispose())));

/** On both sides; what a user sees, without what must differ. */
function onBoth(
  run: (member: ClusterMember) => Promise<CommandResult>,
): Promise<readonly CommandResult[]> {
  return Promise.all(
    clusters.map(async (cluster) => {
      const [member] = cluster.members;
      if (member === undefined) throw new Error('no member');
      const id = (await cluster.idOf(member)).toString(16);
      const shown = (text: string): string =>
        text
          .replaceAll(member.endpoint, 'CLIENT')
          .replaceAll(member.peerUrl, 'PEER')
          .replaceAll(id, 'ID')
          .replace(/\S+:\d\d:\d\d\.\d+Z/gu, 'TIME');
      const result = await run(member);
      return { ...result, stdout: shown(result.stdout), stderr: shown(result.stderr) };
    }),
  );
}

async function same(line: string): Promise<CommandResult> {
  const args = line.split(' ');
  const [ours, reference] = await onBoth(({ endpoint }) => etcdctl(`http://${endpoint}`, args, V2));
  if (ours === undefined) throw new Error('two clusters were started');
  expect({ line, ...ours }).toEqual({ line, ...reference });
  return ours;
}

const SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  'keys and directories': [
    ...['ls', 'mk /a 1', 'mk /a 1', 'mkdir /d', 'mkdir /d', 'set /a 2', 'set --ttl 100 /a 3'],
    ...['set --swap-with-value 3 /a 4', 'set --swap-with-index 99 /a 4', 'setdir /d2'],
    ...['setdir --ttl 30 /d2', 'update /a 5', 'update /nope 5', 'updatedir --ttl 20 /d2'],
    ...['get /a', '-o extended get /a', '-o json get /a', 'get --quorum /a', 'get /none'],
    ...['ls --sort --recursive -p /', 'rm /a', 'mk --in-order /q x', 'rmdir /q', 'rmdir /d'],
    ...['rm --recursive /q', 'rm --with-value x /nope', 'rm --dir /d2', 'mk /d3/x 1'],
    ...['rm --with-index 3 /d3/x', 'watch --after-index 4 /a'],
  ],
  members: ['member list', 'cluster-health', 'member remove 12', 'member update 12 http://h:1'],
  'users and roles': [
    ...['role add r1', 'role grant r1 --path /a/* --readwrite', 'role get r1'],
    ...['role revoke r1 --path /a/* --write', 'role list', 'user add root:pw', 'user add bob:pw'],
    ...['user grant --roles r1 bob', 'user get bob', 'user list', 'auth enable', 'user list'],
    ...[
      '-u root:pw user list',
      '-u root:pw ls',
      '-u bob:pw ls',
      '-u bob:no ls',
      '-u bob:pw get /a',
    ],
    ...['-u root:pw user revoke --roles r1 bob', '-u root:pw auth disable', 'role remove r1'],
    ...['user remove bob', 'user remove bob', 'role remove r1'],
  ],
};

describe('the etcdctl of Debian, API 2, says the same of both servers about', () => {
  it.each(Object.keys(SCRIPTS))('%s', async (name) => {
    for (const line of SCRIPTS[name] ?? []) await same(line);
  });

  it('nothing of which every command fails', async () => {
    expect(await same('set /greeting hello')).toMatchObject({ stdout: 'hello\n', exitCode: 0 });
    expect((await same('member list')).stdout).toMatch(
      /^ID: name=infra0 peerURLs=PEER clientURLs=http:\/\/CLIENT isLeader=true\n$/u,
    );
    expect((await same('cluster-health')).stdout).toContain('cluster is healthy');
  });
});

async function watching({ endpoint }: ClusterMember): Promise<true | undefined> {
  const request = { method: 'GET', target: '/v2/stats/store', headers: {}, body: '' };
  const { watchers } = JSON.parse((await ask(endpoint, request, false)).body) as {
    watchers: number;
  };
  return watchers > 0 || undefined;
}

describe('watching with it', () => {
  it.each([
    ['watch /w', (command: BackgroundCommand) => command.ended],
    [
      'exec-watch --recursive / -- sh -c',
      async (command: BackgroundCommand) => {
        await eventually('the command ran', () => command.stdout.includes('got') || undefined);
        return { ...(await command.stop('SIGKILL')), signal: null };
      },
    ],
  ])('shows the same change: %s', async (line, end) => {
    const script = line.startsWith('exec') ? ['echo got $ETCD_WATCH_KEY $ETCD_WATCH_VALUE'] : [];
    const args = [...line.split(' '), ...script];
    const [ours, reference] = await onBoth(async (member) => {
      const command = startEtcdctl(`http://${member.endpoint}`, args, V2);
      await eventually('it waits', () => watching(member));
      await etcdctl(`http://${member.endpoint}`, ['set', '/w', 'news'], V2);
      return end(command);
    });
    expect(ours).toEqual(reference);
    expect(ours?.stdout).toContain('news');
  });
});
