import { EtcdProcess, eventually, freePort, pause } from '@etcd-ts/testkit';
import type { CommandResult, Flavour } from '@etcd-ts/testkit';

import { ClusterPair } from './cluster-pair.js';
import type { Both } from './pair.js';
import { inEveryFormat, splitLine } from './script.js';

/** A change of members is refused until all have been in touch for five seconds. */
const HEALTHY_AFTER_MS = 5_500;
const SYNC_TIMEOUT_MS = 60_000;

let pair: ClusterPair;
let startedMs = 0;
beforeAll(async () => {
  pair = await ClusterPair.start(3);
  startedMs = performance.now();
});
afterAll(async () => {
  await Promise.all(joined.map((node) => node.dispose()));
  await pair?.dispose();
});
const joined: EtcdProcess[] = [];

async function expectSame(line: string): Promise<void> {
  const { ours, reference } = await pair.run(splitLine(line));
  expect({ line, ...ours }).toEqual({ line, ...reference });
}

const itAnswersTheSame = (lines: readonly string[]): void =>
  it.each(lines)('%s', async (line) => expectSame(line));

/** For lines that take their whole timeout, and leave nothing behind that another one sees. */
const itAnswersTheSameAtOnce = (lines: readonly string[]): void =>
  it(lines.join(', '), async () => void (await Promise.all(lines.map(expectSame))));

/** Endpoints are listed as they answer, and members by ids that depend on the time for new ones. */
async function expectSameInAnyOrder(line: string): Promise<void> {
  const { ours, reference } = await pair.run(splitLine(line));
  const parts = ({ stdout, stderr }: CommandResult): readonly string[] =>
    `${stdout}\n${stderr}`.split(/\n\n|(?<=\}),|(?<!")\n(?!")|[[\]]/).sort();
  expect(parts(ours)).toEqual(parts(reference));
  expect(ours.exitCode).toBe(reference.exitCode);
}

/** 3.4 calls it unavailable, so its clients try a hundred times; 3.7 says that it is no use. */
async function expectRefusal(line: string): Promise<void> {
  const { ours, reference } = await pair.run(splitLine(line));
  const lastLine = ({ stderr }: CommandResult): string | undefined =>
    stderr.trim().split('\n').pop();
  expect(lastLine(ours)).toBe('Error: etcdserver: rpc not supported for learner');
  expect(lastLine(reference)).toBe(lastLine(ours));
}

describe('etcdctl with three endpoints shows of our cluster what it shows of the original', () => {
  itAnswersTheSame([
    'put a 1',
    'put b 2 --endpoints={client2}',
    'get "" --prefix --endpoints={client1}',
    ...['endpoint status', 'endpoint hashkv'].flatMap((line) => [
      ...inEveryFormat(line),
      ...inEveryFormat(`${line} --cluster --endpoints={client1}`),
    ]),
    'member list -w simple',
    'member list -w table',
    'member list -w json --endpoints={client2}',
    'member list -w fields --endpoints={client2}',
  ]);

  it.each([
    ...inEveryFormat('endpoint health'),
    ...inEveryFormat('endpoint health --cluster --endpoints={client1}'),
  ])('%s', expectSameInAnyOrder);
});

describe('a change that cannot be is refused in the same words', () => {
  beforeAll(() => pause(startedMs + HEALTHY_AFTER_MS - performance.now()));

  itAnswersTheSame([
    'member add again --peer-urls={peer1}',
    'member add bad --peer-urls=nonsense',
    'member add bad --peer-urls=http://127.0.0.1',
    'member add none',
    'member remove 1234',
    'member remove zz',
    'member update 1234 --peer-urls=http://127.0.0.1:1',
    'member update {id1} --peer-urls={peer2}',
    'member update {id1}',
    'member promote 1234',
    'member promote {id1}',
    'member promote {id1} --endpoints={client2}',
    'move-leader 1234',
    'move-leader zz',
    'move-leader {id1} --endpoints={client1}',
    'move-leader {id0}',
    'member list',
  ]);
});

describe('a member that joins as a learner', () => {
  let printed: Both<CommandResult>;
  let ports: Both<{ readonly client: number; readonly peer: number }>;

  const sides = async <T>(value: (side: Flavour) => T | Promise<T>): Promise<Both<T>> => ({
    ours: await value('ours'),
    reference: await value('reference'),
  });

  /** As etcdctl says: with the variables that it prints. */
  async function join(side: Flavour): Promise<void> {
    const { client, peer } = ports[side];
    const env = Object.fromEntries(
      [...printed[side].stdout.matchAll(/^(ETCD_\w+)="(.*)"$/gm)].map(([, key, value]) => [
        key,
        value,
      ]),
    );
    const node = await EtcdProcess.launch({
      flavour: side,
      env: { ...env, ETCD_LOGGER: 'zap', ETCD_LOG_OUTPUTS: 'stderr' },
      clientPort: client,
      peerPort: peer,
      commandLine: [
        ...['--listen-client-urls', `http://127.0.0.1:${client}`],
        ...['--advertise-client-urls', `http://127.0.0.1:${client}`],
        ...['--listen-peer-urls', `http://127.0.0.1:${peer}`],
      ],
      cwd: pair.clusters[side].member('infra0').dataDir,
    });
    joined.push(node);
    await node.ready();
  }

  it('is announced', async () => {
    ports = await sides(async () => ({ client: await freePort(), peer: await freePort() }));
    pair.name('peer3', await sides((side) => `http://127.0.0.1:${ports[side].peer}`));
    pair.name('client3', await sides((side) => `127.0.0.1:${ports[side].client}`));
    printed = await pair.raw(splitLine('member add infra3 --learner --peer-urls={peer3}'));
    const id = (side: Flavour): string =>
      /Member\s+(\w+) added/.exec(printed[side].stdout)?.[1] ?? '';
    pair.nameId('id3', await sides(id));
    const said = (side: Flavour): readonly string[] =>
      pair
        .text(side, printed[side].stdout)
        .split(/[\n",]/)
        .sort();
    expect(said('ours')).toEqual(said('reference'));
  });

  it('member list', () => expectSameInAnyOrder('member list'));

  itAnswersTheSame([
    'member promote {id3}',
    'member add another --learner --peer-urls=http://127.0.0.1:1',
  ]);

  it('starts with what was printed', async () => {
    await Promise.all([join('ours'), join('reference')]);
  });

  it('member list -w table', () => expectSameInAnyOrder('member list -w table'));

  itAnswersTheSame([
    'endpoint status --endpoints={client3}',
    'get a --consistency=s --endpoints={client3}',
    'move-leader {id3}',
  ]);

  it.each(['get a', 'put a 2', 'member list'])('refuses what a learner does not do: %s', (line) =>
    expectRefusal(`${line} --endpoints={client3} --command-timeout=60s`),
  );

  it('is promoted once it is in sync', async () => {
    await eventually(
      'both are promoted',
      async () => {
        const { ours, reference } = await pair.raw(splitLine('member promote {id3}'));
        return [ours, reference].every(
          ({ exitCode, stderr }) => exitCode === 0 || stderr.includes('only promote a learner'),
        )
          ? true
          : undefined;
      },
      SYNC_TIMEOUT_MS,
    );
    await expectSameInAnyOrder('member list');
    await expectSame('get a --endpoints={client3}');
  });

  itAnswersTheSame([
    'member update {id3} --peer-urls=http://127.0.0.1:1',
    'member update {id3} --peer-urls={peer3}',
    'move-leader {id1}',
    'move-leader {id0} --endpoints={client1}',
  ]);

  it('is removed', async () => {
    await expectSame('member remove {id3}');
    await expectSame('member list');
    for (const node of joined) expect((await node.exit()).code).toBe(0);
  });
});

describe('a cluster of which one has died', () => {
  beforeAll(async () => {
    for (const cluster of Object.values(pair.clusters)) await cluster.member('infra2').kill();
  });

  itAnswersTheSame([
    'put c 3 --endpoints={client0},{client1}',
    'member add x --peer-urls=http://127.0.0.1:1',
    'member remove {id1}',
    'member list',
  ]);

  itAnswersTheSameAtOnce([
    'endpoint status --command-timeout=2s',
    'endpoint hashkv --command-timeout=2s',
  ]);

  it.each(['endpoint health', 'endpoint health --cluster'])('%s', (line) =>
    expectSameInAnyOrder(`${line} --command-timeout=2s`),
  );

  itAnswersTheSame(['member remove {id2}', 'member list', 'endpoint status --cluster']);
});

describe('a cluster of which a majority has died', () => {
  beforeAll(async () => {
    for (const cluster of Object.values(pair.clusters)) await cluster.member('infra1').kill();
    const status = splitLine('endpoint status --endpoints={client0}');
    await eventually('both have lost their leader', async () => {
      const { ours, reference } = await pair.run(status);
      return [ours, reference].every(({ stdout }) => stdout.includes('no leader')) || undefined;
    });
  });

  itAnswersTheSameAtOnce([
    'get a --endpoints={client0} --consistency=s',
    'member list --endpoints={client0}',
    'member add x --peer-urls=http://127.0.0.1:1 --endpoints={client0}',
    'endpoint status --endpoints={client0}',
  ]);

  // Client and member give up in the same second: either may be the one that says so.
  it.each(['put d 4', 'get a', 'endpoint health'])('%s fails for want of time', async (line) => {
    const { ours, reference } = await pair.run(splitLine(`${line} --endpoints={client0}`));
    for (const { exitCode, stderr } of [ours, reference]) {
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/deadline exceeded|request timed out/u);
    }
  });
});
