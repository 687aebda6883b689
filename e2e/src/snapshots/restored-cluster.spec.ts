import { join } from 'node:path';
import {
  createScratchDirectory,
  etcdctl,
  EtcdProcess,
  eventually,
  freePort,
  removeScratchDirectory,
} from '@etcd-ts/testkit';

import { etcdutl } from './etcdutl.js';

interface Place {
  readonly name: string;
  readonly dataDir: string;
  readonly clientPort: number;
  readonly peerPort: number;
}

/** Three at once; an election in between. */
const READY_TIMEOUT_MS = 120_000;
const CATCH_UP_TIMEOUT_MS = 90_000;

describe('a cluster of three restored from one snapshot', () => {
  let scratch: string;
  let places: readonly Place[];
  let hash: string;
  const running: EtcdProcess[] = [];

  const place = async (name: string): Promise<Place> => ({
    name,
    dataDir: join(scratch, name),
    clientPort: await freePort(),
    peerPort: await freePort(),
  });
  const peerUrl = ({ peerPort }: Place): string => `http://127.0.0.1:${peerPort}`;
  const endpointOf = ({ clientPort }: Place): string => `127.0.0.1:${clientPort}`;
  const roster = (members: readonly Place[]): string =>
    members.map((member) => `${member.name}=${peerUrl(member)}`).join(',');

  async function launch(member: Place, flags: readonly string[] = []): Promise<void> {
    const clientUrl = `http://${endpointOf(member)}`;
    const commandLine = [
      ...['--name', member.name, '--data-dir', member.dataDir],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl(member), '--initial-advertise-peer-urls', peerUrl(member)],
      ...flags,
    ];
    running.push(
      await EtcdProcess.launch({ flavour: 'ours', dataDir: member.dataDir, commandLine }),
    );
  }

  async function hashOf(member: Place): Promise<string> {
    const { stdout } = await etcdctl(endpointOf(member), ['endpoint', 'hashkv']);
    return stdout.split(', ')[1]?.trim() ?? '';
  }

  beforeAll(async () => {
    scratch = createScratchDirectory('restored');
    places = [await place('a'), await place('b'), await place('c')];
    const source = await EtcdProcess.start({ flavour: 'reference' });
    const file = join(scratch, 'saved.db');
    try {
      for (let i = 0; i < 20; i++) await etcdctl(source.endpoint, ['put', `k${i}`, `v${i}`]);
      hash = (await etcdctl(source.endpoint, ['endpoint', 'hashkv'])).stdout.split(', ')[1] ?? '';
      await etcdctl(source.endpoint, ['snapshot', 'save', file]);
    } finally {
      await source.dispose();
    }
    for (const member of places) {
      const { exitCode, stderr } = await etcdutl(
        ...['snapshot', 'restore', file, '--name', member.name, '--data-dir', member.dataDir],
        ...['--initial-cluster', roster(places), '--initial-cluster-token', 'second-life'],
        ...['--initial-advertise-peer-urls', peerUrl(member)],
      );
      if (exitCode !== 0) throw new Error(stderr);
    }
    for (const member of places) await launch(member);
    await Promise.all(running.map((node) => node.ready(READY_TIMEOUT_MS)));
  });
  afterAll(async () => {
    for (const node of running.splice(0)) await node.dispose();
    removeScratchDirectory(scratch);
  });

  it('holds what the snapshot held, on every member', async () => {
    const hashes = await Promise.all(places.map(hashOf));
    expect(hashes).toEqual(places.map(() => hash.trim()));
  });

  it('gives the restored state to a member that joins later, which no entry of its log tells', async () => {
    const joining = await place('d');
    const [first] = places;
    if (first === undefined) throw new Error('no members');
    const add = ['member', 'add', joining.name, '--peer-urls', peerUrl(joining)];
    // Refused until each member has been connected to the others for a while.
    await eventually(
      'the cluster takes a member',
      async () => ((await etcdctl(endpointOf(first), add)).exitCode === 0 ? true : undefined),
      CATCH_UP_TIMEOUT_MS,
    );
    await launch(joining, [
      ...['--initial-cluster', roster([...places, joining]), '--initial-cluster-state', 'existing'],
    ]);
    await running.at(-1)?.ready();
    await etcdctl(endpointOf(first), ['put', 'now', 'four']);
    await eventually(
      'the new member has the state of the others',
      async () => ((await hashOf(joining)) === (await hashOf(first)) ? true : undefined),
      CATCH_UP_TIMEOUT_MS,
    );
  });
});
