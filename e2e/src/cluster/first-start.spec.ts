import { existsSync } from 'node:fs';
import { join } from 'node:path';

import {
  createScratchDirectory,
  etcdctl,
  EtcdProcess,
  eventually,
  freePort,
  removeScratchDirectory,
  type Flavour,
} from '@etcd-ts/testkit';

const SIDES: readonly Flavour[] = ['ours', 'reference'];

/** Where a process lives: its ports and its folder. */
interface Place {
  readonly clientPort: number;
  readonly peerPort: number;
  readonly dataDir: string;
}

const started: EtcdProcess[] = [];
const folders: string[] = [];
afterAll(async () => {
  await Promise.all(started.map((node) => node.dispose()));
  for (const folder of folders) removeScratchDirectory(folder);
});

const clientUrl = ({ clientPort }: Place): string => `http://127.0.0.1:${clientPort}`;
const peerUrl = ({ peerPort }: Place): string => `http://127.0.0.1:${peerPort}`;

async function place(): Promise<Place> {
  const dataDir = createScratchDirectory('first-start');
  folders.push(dataDir);
  return { clientPort: await freePort(), peerPort: await freePort(), dataDir };
}

async function launch(
  flavour: Flavour,
  own: Place,
  flags: readonly string[],
): Promise<EtcdProcess> {
  const node = await EtcdProcess.launch({
    flavour,
    ...own,
    env: { ETCD_LOGGER: 'zap', ETCD_LOG_OUTPUTS: 'stderr' },
    commandLine: [
      ...['--data-dir', own.dataDir],
      ...['--listen-client-urls', clientUrl(own), '--advertise-client-urls', clientUrl(own)],
      ...['--listen-peer-urls', peerUrl(own), '--initial-advertise-peer-urls', peerUrl(own)],
      ...flags,
    ],
  });
  started.push(node);
  return node;
}

/** What it died of, without what is each process's own; it must not have stored a log. */
async function refusal(
  side: Flavour,
  own: Place,
  flags: readonly string[],
): Promise<{ readonly code: number | null; readonly reason: string }> {
  const node = await launch(side, own, flags);
  const { code } = await node.exit();
  const text = /"level":"fatal".*?"error":("(?:[^"\\]|\\.)*")/u.exec(node.log)?.[1] ?? '""';
  expect(existsSync(join(own.dataDir, 'member', 'wal'))).toBe(false);
  const reason = (JSON.parse(text) as string)
    .replaceAll(/127\.0\.0\.1:\d+/gu, 'ADDRESS')
    .replaceAll(/\b[0-9a-f]{14,16}\b/gu, 'ID')
    // In the order of ids, one of which depends on the time.
    .replace(/(?<=Members:\[).*(?=\] Removed)/u, (members) =>
      members
        .split(/ (?=&)/u)
        .sort()
        .join(' '),
    );
  return { code, reason };
}

async function bothRefuse(
  flags: (side: Flavour, own: Place) => readonly string[],
  place_: (side: Flavour) => Promise<Place> | Place = place,
): Promise<string> {
  const [ours, reference] = await Promise.all(
    SIDES.map(async (side) => {
      const own = await place_(side);
      return refusal(side, own, flags(side, own));
    }),
  );
  expect(ours).toEqual(reference);
  expect(ours?.code).toBe(1);
  return ours?.reason ?? '';
}

describe('a first start with an initial cluster that cannot be', () => {
  it.each<[string, (own: Place) => string, RegExp]>([
    [
      'without its own name',
      (own) => `infra1=${peerUrl(own)}`,
      /couldn't find local name "infra0"/,
    ],
    [
      'with one URL twice',
      (own) => `infra0=${peerUrl(own)},infra1=${peerUrl(own)}`,
      /duplicate url/,
    ],
    ['with another URL', () => 'infra0=http://127.0.0.1:9', /missing from --initial-adv/],
    [
      'with a URL more than it advertises',
      (own) => `infra0=${peerUrl(own)},infra0=http://127.0.0.1:9`,
      /missing from --initial-adv/,
    ],
    ['with no URL', () => 'infra0', /URL scheme must be http/],
    ['with a URL that is none', () => 'infra0=nonsense', /URL scheme must be http/],
  ])('%s is refused in the words of the original', async (_, initialCluster, words) => {
    const flags = (_side: Flavour, own: Place) => [
      ...['--name', 'infra0', '--initial-cluster', initialCluster(own)],
    ];
    expect(await bothRefuse(flags)).toMatch(words);
  });

  it('of which nobody is there to be joined is refused in the words of the original', async () => {
    const flags = (_side: Flavour, own: Place) => [
      ...['--name', 'infra0', '--initial-cluster', `infra0=${peerUrl(own)},x=http://127.0.0.1:9`],
      ...['--initial-cluster-state', 'existing'],
    ];
    expect(await bothRefuse(flags)).toMatch(/cannot fetch cluster info from peer urls/);
  });
});

describe('a member that joins a running cluster', () => {
  const founders = new Map<Flavour, Place>();
  const joiners = new Map<Flavour, Place>();
  const founder = (side: Flavour): Place => founders.get(side) as Place;
  const joiner = (side: Flavour): Place => joiners.get(side) as Place;
  const joining = (side: Flavour, own: Place): readonly string[] => [
    ...['--name', 'infra1', '--initial-cluster-state', 'existing', '--initial-cluster'],
    `infra0=${peerUrl(founder(side))},infra1=${peerUrl(own)}`,
  ];
  const ctl = async (side: Flavour, ...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await etcdctl(clientUrl(founder(side)), args);
    expect([exitCode, stderr]).toEqual([0, '']);
    return stdout;
  };

  beforeAll(() =>
    Promise.all(
      SIDES.map(async (side) => {
        founders.set(side, await place());
        joiners.set(side, await place());
        const own = founder(side);
        const flags = ['--name', 'infra0', '--initial-cluster', `infra0=${peerUrl(own)}`];
        await (await launch(side, own, flags)).ready();
      }),
    ),
  );

  it('without having been added is refused in the words of the original', async () => {
    expect(await bothRefuse(joining, joiner)).toMatch(/: member count is unequal$/);
  });

  it('under another URL than was added is refused in the words of the original', async () => {
    for (const side of SIDES) {
      await ctl(side, 'member', 'add', 'infra1', '--learner', '--peer-urls=http://127.0.0.1:9');
    }
    expect(await bothRefuse(joining, joiner)).toMatch(/no match found for existing member \(ID/);
  });

  it('from the same folder gets in once the cluster agrees', async () => {
    for (const side of SIDES) {
      const id = /^(\w+), unstarted/mu.exec(await ctl(side, 'member', 'list'))?.[1] ?? '';
      await ctl(side, 'member', 'update', id, `--peer-urls=${peerUrl(joiner(side))}`);
      await (await launch(side, joiner(side), joining(side, joiner(side)))).ready();
      expect(await ctl(side, 'member', 'list')).toContain('started, infra1');
    }
  });
});

describe('two members with different tokens', () => {
  it('never make a cluster, and both say why', async () => {
    const said = await Promise.all(
      SIDES.map(async (side) => {
        const places = [await place(), await place()];
        const cluster = places.map((own, i) => `infra${i}=${peerUrl(own)}`).join(',');
        const nodes = await Promise.all(
          places.map((own, i) =>
            launch(side, own, [
              ...['--name', `infra${i}`, '--initial-cluster', cluster],
              ...['--initial-cluster-token', `token-${i}`],
            ]),
          ),
        );
        const complaints = ({ log }: EtcdProcess): readonly string[] =>
          [
            ...new Set(
              [...log.matchAll(/"msg":"([^"]*mismatch)"/gu)].map((match) => match[1] ?? ''),
            ),
          ].sort();
        await eventually('both complain of both directions', () =>
          nodes.every((node) => complaints(node).length === 2) ? true : undefined,
        );
        expect(nodes.map((node) => node.obituary())).toEqual([undefined, undefined]);
        for (const { log } of nodes) expect(log).not.toContain('serving client traffic');
        return nodes.map(complaints);
      }),
    );
    expect(said[0]).toEqual(said[1]);
  });
});
