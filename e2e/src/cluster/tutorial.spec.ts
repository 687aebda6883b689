import {
  createScratchDirectory,
  etcdctl,
  EtcdProcess,
  eventually,
  removeScratchDirectory,
} from '@etcd-ts/testkit';

import { KIND } from './kind.js';

// What waits has its own deadline; together they take long on a machine with other work to do.
/** As users copy it, from the first of three terminals to the third. */
const TERMINALS = [
  '--name infra0 --initial-advertise-peer-urls http://127.0.0.1:2380 --listen-peer-urls http://127.0.0.1:2380 --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 --initial-cluster-token etcd-cluster-1 --initial-cluster infra0=http://127.0.0.1:2380,infra1=http://127.0.0.1:2390,infra2=http://127.0.0.1:2400 --initial-cluster-state new',
  '--name infra1 --initial-advertise-peer-urls http://127.0.0.1:2390 --listen-peer-urls http://127.0.0.1:2390 --listen-client-urls http://127.0.0.1:2389 --advertise-client-urls http://127.0.0.1:2389 --initial-cluster-token etcd-cluster-1 --initial-cluster infra0=http://127.0.0.1:2380,infra1=http://127.0.0.1:2390,infra2=http://127.0.0.1:2400 --initial-cluster-state new',
  '--name infra2 --initial-advertise-peer-urls http://127.0.0.1:2400 --listen-peer-urls http://127.0.0.1:2400 --listen-client-urls http://127.0.0.1:2399 --advertise-client-urls http://127.0.0.1:2399 --initial-cluster-token etcd-cluster-1 --initial-cluster infra0=http://127.0.0.1:2380,infra1=http://127.0.0.1:2390,infra2=http://127.0.0.1:2400 --initial-cluster-state new',
].map((line) => line.split(' '));
const ENDPOINTS = '127.0.0.1:2379,127.0.0.1:2389,127.0.0.1:2399';

/** What etcd computes from these names, URLs and this token. */
const MEMBERS = [
  '3eabafece94d48b2, started, infra2, http://127.0.0.1:2400, http://127.0.0.1:2399, false',
  '4894b5767b4f5c6e, started, infra1, http://127.0.0.1:2390, http://127.0.0.1:2389, false',
  'bf9071f4639c75cc, started, infra0, http://127.0.0.1:2380, http://127.0.0.1:2379, false',
];

const WITHOUT_INITIAL = TERMINALS.map((words) =>
  words.filter((word, at) => !isInitial(word) && !isInitial(words[at - 1])),
);

function isInitial(word: string | undefined): boolean {
  return word?.startsWith('--initial-') === true;
}

/** `--listen-peer-urls` as `ETCD_LISTEN_PEER_URLS`, its value with it. */
function asVariables(words: readonly string[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (let i = 0; i < words.length; i += 2) {
    const name = (words[i] ?? '').slice(2).replaceAll('-', '_').toUpperCase();
    variables[`ETCD_${name}`] = words[i + 1] ?? '';
  }
  return variables;
}

/** `0.0.0.0` where a host listens, its address where it says how it is reached. */
const ON_ALL_ADDRESSES = TERMINALS.map((words) =>
  words.map((word, at) =>
    words[at - 1]?.startsWith('--listen-') === true ? word.replace('127.0.0.1', '0.0.0.0') : word,
  ),
);

describe('three terminals on one machine', () => {
  let nodes: readonly EtcdProcess[] = [];
  let folders: readonly string[] = [];
  beforeEach(() => {
    folders = TERMINALS.map((_, i) => createScratchDirectory(`infra${i}`));
  });
  afterEach(async () => {
    await stop('SIGKILL');
    for (const folder of folders) removeScratchDirectory(folder);
  });

  /** Like a terminal each: in a folder of its own, where the data goes if nobody says where. */
  async function start(
    commandLines: readonly (readonly string[])[],
    env: readonly Readonly<Record<string, string>>[] = [],
  ): Promise<void> {
    nodes = await Promise.all(
      commandLines.map((commandLine, i) =>
        EtcdProcess.launch({
          flavour: KIND,
          commandLine,
          dataDir: folders[i] ?? '',
          cwd: folders[i] ?? '',
          // 3.4 would log for people otherwise.
          env: { ETCD_LOGGER: 'zap', ETCD_LOG_OUTPUTS: 'stderr', ...env[i] },
        }),
      ),
    );
    await Promise.all(nodes.map((node) => node.ready()));
  }

  /** One after the other, as by hand. */
  async function stop(signal: NodeJS.Signals): Promise<void> {
    for (const node of nodes) if (node.obituary() === undefined) await node.stop(signal);
    nodes = [];
  }

  async function expectCluster(): Promise<void> {
    const { stdout } = await etcdctl(ENDPOINTS, ['member', 'list']);
    expect(stdout.trim().split('\n')).toEqual(MEMBERS);
    const { exitCode, stderr } = await etcdctl(ENDPOINTS, ['endpoint', 'health']);
    const healthy = [...stderr.matchAll(/is healthy/g)].length;
    expect({ exitCode, healthy }).toEqual({ exitCode: 0, healthy: 3 });
  }

  const expectOneLeader = (): Promise<true> =>
    eventually('all of them follow one leader', async () => {
      const { stdout } = await etcdctl(ENDPOINTS, ['endpoint', 'status', '-w', 'json']);
      const leaders = [...stdout.matchAll(/"leader":(\d+)/g)].map(([, leader]) => leader);
      return leaders.length === 3 && new Set(leaders).size === 1 ? true : undefined;
    });

  async function put(port: number, value: string): Promise<void> {
    expect((await etcdctl(`127.0.0.1:${port}`, ['put', 'foo', value])).stdout).toBe('OK\n');
  }

  async function expectEverywhere(value: string): Promise<void> {
    for (const endpoint of ENDPOINTS.split(',')) {
      const { stdout } = await etcdctl(endpoint, ['get', 'foo']);
      expect([endpoint, stdout]).toEqual([endpoint, `foo\n${value}\n`]);
    }
  }

  it('make a cluster, which starts again without what was said for its first start', async () => {
    await start(TERMINALS);
    await expectCluster();
    await put(2389, 'from infra1');
    await expectEverywhere('from infra1');
    await stop('SIGINT');
    await start(WITHOUT_INITIAL);
    await expectCluster();
    await expectEverywhere('from infra1');
    await put(2399, 'from infra2');
    await expectEverywhere('from infra2');
  });

  it('make it with variables and listeners on all addresses, and start again with wrong ones', async () => {
    await start([[], [], []], ON_ALL_ADDRESSES.map(asVariables));
    await expectCluster();
    await expectOneLeader();
    await put(2379, 'by variables');
    await stop('SIGTERM');
    // There is data: nobody looks at these.
    const wrong = ON_ALL_ADDRESSES.map((words) => ({
      ...asVariables(words),
      ETCD_INITIAL_CLUSTER_TOKEN: 'another',
      ETCD_INITIAL_CLUSTER_STATE: 'existing',
    }));
    await start([[], [], []], wrong);
    await expectCluster();
    await expectEverywhere('by variables');
  });
});
